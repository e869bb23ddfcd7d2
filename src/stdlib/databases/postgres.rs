//! PostgreSQL: parameters go to the server as text, which it reads as the types that it
//! expects; results come as it holds them.

use super::link::{Address, Cell, Interrupt, Link, Refusal, Rows, Step};
use super::tls::{Secrecy, Tls, take_option};
use crate::stdlib::clock::date_of;
use futures_util::{StreamExt, pin_mut};
use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{Format, FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, SimpleQueryMessage};

/// How long it may take to connect, unless the connection string says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server.
#[derive(Clone)]
pub struct Server {
    config: Box<Config>,
    secrecy: Secrecy,
}

/// A server, by a connection string.
///
/// # Errors
/// If the string is none.
pub fn server(connection: &str) -> Result<Server, String> {
    let (connection, secrecy) = take_option(connection, "sslmode");
    let mut config: Config = connection.parse().map_err(|error| why(&error))?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    let secrecy = match (secrecy.as_deref(), config.get_ssl_mode()) {
        (Some("disable"), _) | (None, SslMode::Disable) => Secrecy::Disable,
        (Some("require"), _) | (None, SslMode::Require) => Secrecy::Require,
        (Some("verify-ca"), _) => Secrecy::VerifyCa,
        (Some("verify-full"), _) => Secrecy::VerifyFull,
        (Some("prefer") | None, _) => Secrecy::Prefer,
        (Some(_), _) => {
            let known = "disable, prefer, require, verify-ca or verify-full";
            return Err(format!("sslmode is {known}"));
        }
    };
    config.ssl_mode(match secrecy {
        Secrecy::Disable => SslMode::Disable,
        // Without a name there is nothing that a certificate could be for.
        Secrecy::Prefer if config.get_hosts().is_empty() => SslMode::Disable,
        Secrecy::Prefer => SslMode::Prefer,
        _ => SslMode::Require,
    });
    let config = Box::new(config);
    Ok(Server { config, secrecy })
}

/// The addresses that a connection may lead to.
pub fn addresses(server: &Server) -> Vec<Address> {
    let config = &server.config;
    let ports = config.get_ports();
    let port = |at: usize| *ports.get(at).or(ports.first()).unwrap_or(&5432);
    let net = |host: &str, at: usize| match host.contains(':') {
        true => Address::Net(format!("[{host}]:{}", port(at))),
        false => Address::Net(format!("{host}:{}", port(at))),
    };
    let hosts = config.get_hosts().iter().enumerate();
    let hosts = hosts.map(|(at, host)| match host {
        Host::Tcp(host) => net(host, at),
        #[cfg(unix)]
        Host::Unix(folder) => Address::File(folder.join(format!(".s.PGSQL.{}", port(at)))),
    });
    // These are what is connected to, where there are any.
    let numbers = config.get_hostaddrs().iter().enumerate();
    let numbers = numbers.map(|(at, number)| net(&number.to_string(), at));
    hosts.chain(numbers).collect()
}

/// A connection, and what drives it.
struct Postgres {
    /// Taken at the end.
    runtime: Option<Runtime>,
    client: Client,
    tls: Tls,
    in_transaction: bool,
    /// A statement of the transaction has failed.
    has_failed: bool,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // This may be a place where nothing may block.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Opens a connection.
///
/// # Errors
/// If the server cannot be reached, or refuses.
pub fn open(server: &Server) -> Result<Box<dyn Link>, Refusal> {
    let runtime = runtime()?;
    let tls = Tls::new(server.secrecy).map_err(Refusal::Failed)?;
    let connected = runtime.block_on(server.config.connect(tls.clone()));
    let (client, connection) = connected.map_err(|error| Refusal::Failed(why(&error)))?;
    runtime.spawn(async move {
        // A connection that breaks off is told by the next statement.
        let _ = connection.await;
    });
    Ok(Box::new(Postgres {
        runtime: Some(runtime),
        client,
        tls,
        in_transaction: false,
        has_failed: false,
    }))
}

fn runtime() -> Result<Runtime, Refusal> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Refusal::Failed(error.to_string()))
}

/// The server's words, or those of what went wrong innermost.
fn why(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return match error.detail() {
            Some(detail) => format!("{} ({detail})", error.message()),
            None => error.message().to_string(),
        };
    }
    let (mut text, mut source) = (error.to_string(), error.source());
    while let Some(error) = source {
        text = error.to_string();
        source = error.source();
    }
    text
}

impl Postgres {
    /// Drives the connection until a future has ended.
    fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, Refusal> {
        let runtime = self.runtime.as_ref().ok_or(Refusal::Closed)?;
        let done = runtime.block_on(work(&self.client));
        done.map_err(|error| {
            self.has_failed = true;
            Refusal::Failed(why(&error))
        })
    }

    /// Whether the server will do nothing but roll back.
    fn is_aborted(&mut self) -> bool {
        let Some(runtime) = self.runtime.as_ref().filter(|_| self.has_failed) else {
            return false;
        };
        let asked = runtime.block_on(self.client.batch_execute("SELECT 1"));
        asked.is_err_and(|error| error.code() == Some(&SqlState::IN_FAILED_SQL_TRANSACTION))
    }
}

impl Link for Postgres {
    fn execute(&mut self, sql: &str, params: Vec<Cell>) -> Result<u64, Refusal> {
        if !params.is_empty() {
            let statement = self.run(async |client| client.prepare(sql).await)?;
            check_count(statement.params().len(), &params)?;
            return self.run(async |client| client.execute_raw(&statement, &params).await);
        }
        let messages = self.run(async |client| client.simple_query(sql).await)?;
        let counts = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::CommandComplete(count) => Some(*count),
            _ => None,
        });
        Ok(counts.last().unwrap_or(0))
    }

    fn query(&mut self, sql: &str, params: Vec<Cell>, most: usize) -> Result<Rows, Refusal> {
        let statement = self.run(async |client| client.prepare(sql).await)?;
        check_count(statement.params().len(), &params)?;
        let names = statement.columns().iter();
        let columns: Vec<String> = names.map(|column| column.name().to_string()).collect();
        let width = columns.len();
        let rows = self.run(async |client| {
            let (mut all, mut bytes) = (Vec::new(), 0);
            let rows = client.query_raw(&statement, &params).await?;
            pin_mut!(rows);
            while let Some(row) = rows.next().await {
                let row = row?;
                let mut cells = Vec::with_capacity(width);
                for at in 0..width {
                    let cell: Option<Cell> = row.try_get(at)?;
                    let cell = cell.unwrap_or(Cell::Null);
                    bytes += cell.size();
                    cells.push(cell);
                }
                if bytes > most {
                    return Ok(None);
                }
                all.push(cells);
            }
            Ok(Some(all))
        })?;
        let rows = rows.ok_or(Refusal::TooMuch)?;
        Ok(Rows { columns, rows })
    }

    fn step(&mut self, step: Step) -> Result<(), Refusal> {
        step.check(self.in_transaction)?;
        // A commit would roll back then, and say nothing.
        let is_lost = step == Step::Commit && self.is_aborted();
        let sql = if is_lost { Step::Rollback } else { step }.sql();
        let done = self.run(async |client| client.batch_execute(sql).await);
        self.in_transaction = step == Step::Begin && done.is_ok();
        self.has_failed = false;
        match is_lost {
            true => {
                let why = "a statement of the transaction has failed; it is rolled back";
                done.and(Err(Refusal::Failed(why.to_string())))
            }
            false => done,
        }
    }

    fn clear(&mut self) -> Result<(), Refusal> {
        self.in_transaction = false;
        self.has_failed = false;
        // Statements of the program may have begun one, too. Without one it is no error.
        self.run(async |client| client.batch_execute(Step::Rollback.sql()).await)
    }

    fn last_insert(&self) -> Option<i64> {
        None
    }

    fn interrupt(&self) -> Interrupt {
        let (token, tls) = (self.client.cancel_token(), self.tls.clone());
        Box::new(move || {
            let (token, tls) = (token.clone(), tls.clone());
            std::thread::spawn(move || {
                // A server that cannot be asked any more runs nothing for this connection.
                if let Ok(runtime) = runtime() {
                    let _ = runtime.block_on(token.cancel_query(tls));
                }
            });
        })
    }
}

fn check_count(wanted: usize, params: &[Cell]) -> Result<(), Refusal> {
    match wanted == params.len() {
        true => Ok(()),
        false => Err(Refusal::Count(wanted)),
    }
}

type Failure = Box<dyn Error + Sync + Send>;

impl ToSql for Cell {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Cell::Null => return Ok(IsNull::Yes),
            Cell::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
            Cell::Int(i) => out.extend_from_slice(i.to_string().as_bytes()),
            Cell::Unsigned(i) => out.extend_from_slice(i.to_string().as_bytes()),
            Cell::Real(f) if f.is_infinite() => {
                out.extend_from_slice(if *f > 0.0 { b"Infinity" } else { b"-Infinity" });
            }
            Cell::Real(f) => out.extend_from_slice(format!("{f:?}").as_bytes()),
            Cell::Text(text) => out.extend_from_slice(text.as_bytes()),
            Cell::Blob(bytes) => {
                out.extend_from_slice(b"\\x");
                out.extend(bytes.iter().flat_map(|byte| {
                    let digit = |half: u8| b"0123456789abcdef"[usize::from(half)];
                    [digit(byte >> 4), digit(byte & 15)]
                }));
            }
            Cell::Array(_) => return Err("no array can be a parameter".into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Cell, Failure> {
        Ok(match *ty {
            Type::BOOL => Cell::Bool(bool::from_sql(ty, raw)?),
            Type::INT2 => Cell::Int(i16::from_sql(ty, raw)?.into()),
            Type::INT4 => Cell::Int(i32::from_sql(ty, raw)?.into()),
            Type::INT8 => Cell::Int(i64::from_sql(ty, raw)?),
            Type::OID => Cell::Int(u32::from_sql(ty, raw)?.into()),
            Type::FLOAT4 => Cell::Real(f32::from_sql(ty, raw)?.into()),
            Type::FLOAT8 => Cell::Real(f64::from_sql(ty, raw)?),
            Type::BYTEA => Cell::Blob(raw.to_vec()),
            Type::NUMERIC => Cell::Text(numeric(raw)?),
            Type::UUID => Cell::Text(uuid(raw)),
            Type::JSONB => Cell::Text(std::str::from_utf8(&raw[1..])?.to_string()),
            Type::DATE => Cell::Text(date(i32::from_be_bytes(raw.try_into()?))),
            Type::TIME => Cell::Text(time(i64::from_be_bytes(raw.try_into()?))),
            Type::TIMESTAMP => Cell::Text(timestamp(i64::from_be_bytes(raw.try_into()?), "")),
            Type::TIMESTAMPTZ => Cell::Text(timestamp(i64::from_be_bytes(raw.try_into()?), "+00")),
            Type::VOID => Cell::Null,
            Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::UNKNOWN
            | Type::JSON
            | Type::XML => Cell::Text(std::str::from_utf8(raw)?.to_string()),
            _ => match ty.kind() {
                Kind::Enum(_) => Cell::Text(std::str::from_utf8(raw)?.to_string()),
                Kind::Domain(of) => Cell::from_sql(of, raw)?,
                Kind::Array(_) => {
                    let cells = <Vec<Option<Cell>>>::from_sql(ty, raw)?;
                    let cells = cells.into_iter().map(|cell| cell.unwrap_or(Cell::Null));
                    Cell::Array(cells.collect())
                }
                _ => return Err(format!("a result of type {ty}; cast it to text").into()),
            },
        })
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A decimal as the server sends it: digits to the base of ten thousand.
fn numeric(raw: &[u8]) -> Result<String, Failure> {
    let mut words = raw
        .chunks_exact(2)
        .map(|word| i16::from_be_bytes([word[0], word[1]]));
    let mut next = || words.next().ok_or("a decimal that is cut off");
    let (count, weight, sign, scale) = (next()?, next()?, next()? as u16, next()?);
    let sign = match sign {
        0xc000 => return Ok("NaN".to_string()),
        0xd000 => return Ok("Infinity".to_string()),
        0xf000 => return Ok("-Infinity".to_string()),
        0x4000 => "-",
        _ => "",
    };
    let mut groups = Vec::new();
    for _ in 0..count {
        groups.push(next()?);
    }
    let group = |at: i32| match usize::try_from(at) {
        Ok(at) => groups.get(at).copied().unwrap_or(0),
        Err(_) => 0,
    };
    let mut text = sign.to_string();
    let weight = i32::from(weight);
    match weight >= 0 {
        true => {
            write!(text, "{}", group(0))?;
            for at in 1..=weight {
                write!(text, "{:04}", group(at))?;
            }
        }
        false => text.push('0'),
    }
    let scale = usize::try_from(scale)?;
    if scale > 0 {
        let mut after = String::new();
        for at in 0..scale.div_ceil(4) {
            write!(after, "{:04}", group(weight + 1 + i32::try_from(at)?))?;
        }
        text.push('.');
        text.push_str(&after[..scale]);
    }
    Ok(text)
}

fn uuid(raw: &[u8]) -> String {
    let mut text = String::new();
    for (at, byte) in raw.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Days are counted from the year 2000.
const FIRST_DAY: i64 = 10_957;

fn date(day: i32) -> String {
    match day {
        i32::MAX => "infinity".to_string(),
        i32::MIN => "-infinity".to_string(),
        day => {
            let (text, era) = day_of(day.into());
            format!("{text}{era}")
        }
    }
}

/// A day, and the era after it.
fn day_of(day: i64) -> (String, &'static str) {
    let (year, month, day) = date_of(day + FIRST_DAY);
    match year > 0 {
        true => (format!("{year:04}-{month:02}-{day:02}"), ""),
        false => (format!("{:04}-{month:02}-{day:02}", 1 - year), " BC"),
    }
}

fn time(micros: i64) -> String {
    let (seconds, micros) = (micros / 1_000_000, micros % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut text = format!("{hours:02}:{minutes:02}:{seconds:02}");
    if micros > 0 {
        let fraction = format!("{micros:06}");
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    text
}

fn timestamp(micros: i64, zone: &str) -> String {
    const DAY: i64 = 86_400_000_000;
    match micros {
        i64::MAX => "infinity".to_string(),
        i64::MIN => "-infinity".to_string(),
        micros => {
            let (day, era) = day_of(micros.div_euclid(DAY));
            format!("{day} {}{zone}{era}", time(micros.rem_euclid(DAY)))
        }
    }
}
