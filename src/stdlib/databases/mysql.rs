//! MySQL and MariaDB.

use super::link::{Address, Cell, Interrupt, Link, Refusal, Rows, Step};
use super::tls::{Secrecy, take_option};
use mysql::consts::ColumnType;
use mysql::prelude::Queryable;
use mysql::{Column, Conn, DriverError, Error, Opts, OptsBuilder, Params, SslOpts, Value};
use std::time::Duration;

/// How long it may take to connect.
const PATIENCE: Duration = Duration::from_secs(30);
/// The character set of what is no text.
const BINARY: u16 = 63;

/// A server.
#[derive(Clone)]
pub struct Server {
    opts: Opts,
    secrecy: Secrecy,
}

/// A server, by a URL.
///
/// # Errors
/// If the URL is none.
pub fn server(connection: &str) -> Result<Server, String> {
    let (connection, secrecy) = take_option(connection, "ssl-mode");
    let secrecy = match secrecy.map(|mode| mode.to_ascii_uppercase()).as_deref() {
        Some("DISABLED") => Secrecy::Disable,
        Some("PREFERRED") | None => Secrecy::Prefer,
        Some("REQUIRED") => Secrecy::Require,
        Some("VERIFY_CA") => Secrecy::VerifyCa,
        Some("VERIFY_IDENTITY") => Secrecy::VerifyFull,
        Some(_) => {
            let known = "DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY";
            return Err(format!("ssl-mode is {known}"));
        }
    };
    let opts = Opts::from_url(&connection)
        .map_err(|_| "a URL begins with mysql:// and has a host".to_string())?;
    let opts = OptsBuilder::from_opts(opts)
        .tcp_connect_timeout(Some(PATIENCE))
        // It would be another address than the one that is named.
        .prefer_socket(false)
        .ssl_opts(encryption(secrecy))
        .into();
    Ok(Server { opts, secrecy })
}

fn encryption(secrecy: Secrecy) -> Option<SslOpts> {
    if secrecy == Secrecy::Disable {
        return None;
    }
    // The certificates of the system, beside those that the library knows itself.
    let trusted = openssl_probe::probe().cert_file;
    let options = SslOpts::default()
        .with_root_cert_path(trusted)
        .with_danger_accept_invalid_certs(secrecy < Secrecy::VerifyCa)
        .with_danger_skip_domain_validation(secrecy < Secrecy::VerifyFull);
    Some(options)
}

/// Where a connection leads.
pub fn address(server: &Server) -> Address {
    let opts = &server.opts;
    if let Some(socket) = opts.get_socket() {
        return Address::File(socket.into());
    }
    let (host, port) = (opts.get_ip_or_hostname(), opts.get_tcp_port());
    Address::Net(match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    })
}

struct MySql {
    conn: Conn,
    opts: Opts,
    in_transaction: bool,
    last_insert: i64,
}

/// Opens a connection.
///
/// # Errors
/// If the server cannot be reached, or refuses.
pub fn open(server: &Server) -> Result<Box<dyn Link>, Refusal> {
    let mut opts = server.opts.clone();
    let conn = match Conn::new(opts.clone()) {
        Err(Error::DriverError(DriverError::TlsNotSupported))
            if server.secrecy == Secrecy::Prefer =>
        {
            opts = OptsBuilder::from_opts(opts)
                .ssl_opts(None::<SslOpts>)
                .into();
            Conn::new(opts.clone())
        }
        conn => conn,
    };
    Ok(Box::new(MySql {
        conn: conn?,
        opts,
        in_transaction: false,
        last_insert: 0,
    }))
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Failed(match error {
            Error::MySqlError(error) => error.message,
            Error::IoError(error) => error.to_string(),
            Error::DriverError(error) => error.to_string(),
            error => error.to_string(),
        })
    }
}

impl MySql {
    fn note_insert(&mut self) {
        match self.conn.last_insert_id() {
            0 => {}
            id => self.last_insert = id as i64,
        }
    }
}

impl Link for MySql {
    fn execute(&mut self, sql: &str, params: Vec<Cell>) -> Result<u64, Refusal> {
        if params.is_empty() {
            let mut result = self.conn.query_iter(sql)?;
            while let Some(rows) = result.iter() {
                for row in rows {
                    row?;
                }
            }
        } else {
            let statement = self.conn.prep(sql)?;
            let given = positional(statement.num_params(), params)?;
            self.conn.exec_drop(&statement, given)?;
        }
        let changed = self.conn.affected_rows();
        self.note_insert();
        Ok(changed)
    }

    fn query(&mut self, sql: &str, params: Vec<Cell>, most: usize) -> Result<Rows, Refusal> {
        let statement = self.conn.prep(sql)?;
        let given = positional(statement.num_params(), params)?;
        let mut result = self.conn.exec_iter(&statement, given)?;
        let columns: Vec<Column> = result.columns().as_ref().to_vec();
        let (mut all, mut bytes) = (Vec::new(), 0);
        for row in result.by_ref() {
            let values = row?.unwrap();
            let cells = values.into_iter().zip(&columns);
            let cells: Vec<Cell> = cells.map(|(value, column)| cell(value, column)).collect();
            bytes += cells.iter().map(Cell::size).sum::<usize>();
            if bytes > most {
                return Err(Refusal::TooMuch);
            }
            all.push(cells);
        }
        drop(result);
        self.note_insert();
        let names = columns.iter().map(|column| column.name_str().into_owned());
        Ok(Rows {
            columns: names.collect(),
            rows: all,
        })
    }

    fn step(&mut self, step: Step) -> Result<(), Refusal> {
        step.check(self.in_transaction)?;
        let done = self.conn.query_drop(step.sql());
        self.in_transaction = step == Step::Begin && done.is_ok();
        Ok(done?)
    }

    fn clear(&mut self) -> Result<(), Refusal> {
        self.in_transaction = false;
        // Statements of the program may have begun one, too. Without one it is no error.
        Ok(self.conn.query_drop(Step::Rollback.sql())?)
    }

    fn last_insert(&self) -> Option<i64> {
        Some(self.last_insert)
    }

    fn interrupt(&self) -> Interrupt {
        let (opts, number) = (self.opts.clone(), self.conn.connection_id());
        Box::new(move || {
            let opts = opts.clone();
            std::thread::spawn(move || {
                // A server that cannot be asked any more runs nothing for this connection.
                if let Ok(mut conn) = Conn::new(opts) {
                    let _ = conn.query_drop(format!("KILL QUERY {number}"));
                }
            });
        })
    }
}

fn positional(wanted: u16, params: Vec<Cell>) -> Result<Params, Refusal> {
    if params.len() != usize::from(wanted) {
        return Err(Refusal::Count(wanted.into()));
    }
    if params.is_empty() {
        return Ok(Params::Empty);
    }
    let values = params.into_iter().map(|param| match param {
        Cell::Null | Cell::Array(_) => Value::NULL,
        Cell::Bool(b) => Value::Int(b.into()),
        Cell::Int(i) => Value::Int(i),
        Cell::Unsigned(i) => Value::UInt(i),
        Cell::Real(f) => Value::Double(f),
        Cell::Text(text) => Value::Bytes(text.into_bytes()),
        Cell::Blob(bytes) => Value::Bytes(bytes),
    });
    Ok(Params::Positional(values.collect()))
}

fn cell(value: Value, column: &Column) -> Cell {
    match value {
        Value::NULL => Cell::Null,
        Value::Int(i) => Cell::Int(i),
        Value::UInt(i) => i64::try_from(i).map_or(Cell::Unsigned(i), Cell::Int),
        Value::Float(f) => Cell::Real(f.into()),
        Value::Double(f) => Cell::Real(f),
        Value::Bytes(bytes) => {
            let is_text = column.character_set() != BINARY
                || matches!(
                    column.column_type(),
                    ColumnType::MYSQL_TYPE_DECIMAL
                        | ColumnType::MYSQL_TYPE_NEWDECIMAL
                        | ColumnType::MYSQL_TYPE_JSON
                );
            if !is_text {
                return Cell::Blob(bytes);
            }
            // A parameter that is selected again is called a string, whatever it is.
            String::from_utf8(bytes).map_or_else(|error| Cell::Blob(error.into_bytes()), Cell::Text)
        }
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let mut text = format!("{year:04}-{month:02}-{day:02}");
            if column.column_type() != ColumnType::MYSQL_TYPE_DATE {
                text.push_str(&format!(" {hour:02}:{minute:02}:{second:02}"));
                text.push_str(&fraction(micros));
            }
            Cell::Text(text)
        }
        Value::Time(is_negative, days, hours, minutes, seconds, micros) => {
            let sign = if is_negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            let text = format!("{sign}{hours:02}:{minutes:02}:{seconds:02}");
            Cell::Text(text + &fraction(micros))
        }
    }
}

fn fraction(micros: u32) -> String {
    if micros == 0 {
        return String::new();
    }
    let digits = format!("{micros:06}");
    format!(".{}", digits.trim_end_matches('0'))
}
