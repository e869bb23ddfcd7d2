//! Zip archives (STDLIB 25). A library knows the format; what may be written where, and how
//! much, is decided here, before anything is.

use super::declare::*;

#[cfg(feature = "zip")]
mod zip;
#[cfg(not(feature = "zip"))]
mod zip {
    super::left_out!("zip": zip_create zip_add_file zip_add_dir zip_close unzip);

    pub fn close_all(_: &mut dyn crate::runtime::Context) -> crate::runtime::Fallible<()> {
        Ok(())
    }
}

pub use zip::close_all;

natives! {
    /// A new zip archive at this path.
    ///
    /// A file in its place is replaced. The archive is complete when it is closed; one that
    /// is still open at the end of the program is closed then.
    pure fn [none] zip_create(p: WRITTEN_PATH) -> "ziparchive" = zip::zip_create;
    /// Puts a file into an archive, under its name without folders; true.
    ///
    /// A name that the archive has already throws `value`.
    pure fn [none] zip_add_file(z: ZIP_ARCHIVE, p: READ_PATH) -> "bool" = zip::zip_add_file;
    /// Puts all files below a folder into an archive, under their paths in it; true.
    ///
    /// In sorted order. Links to folders are not followed.
    pure fn [none] zip_add_dir(z: ZIP_ARCHIVE, p: READ_PATH) -> "bool" = zip::zip_add_dir;
    /// Completes an archive: whether it was open.
    pure fn [none] zip_close(z: ZIP_ARCHIVE) -> "bool" = zip::zip_close; blocks;
    /// Writes the files of a zip archive into a folder: their paths.
    ///
    /// Files in their places are replaced. All of the archive is looked at first: paths out
    /// of the folder, links, and more than 65,536 entries, 256 MiB in one or 1 GiB in all
    /// throw `value`, what is damaged throws `parse`; then nothing is written.
    pure fn [none] unzip(p: READ_PATH, folder: WRITTEN_PATH) -> "array" = zip::unzip;
}
