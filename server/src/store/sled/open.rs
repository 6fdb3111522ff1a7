//! Opening a data directory: nothing is served from one that does not hold what was acknowledged.

use std::fs::{self, File};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::store::census::{Census, Counts};
use crate::store::committer::Disk;
use crate::store::group::head_row;
use crate::store::head::{Head, HeadFile};
use crate::store::tally::Tally;
use crate::store::verify::Verifier;
use crate::store::{OpenError, keys};

/// The format this version writes. Format 1 had no tally.
const FORMAT: u64 = 2;
/// Bytes of the head at `m/head`; the tally is behind them.
const HEAD: usize = 40;
/// How long a start may take for counting rows. What is left is counted while the server runs.
pub(super) const VERIFYING: Duration = Duration::from_secs(5);
/// How many rows are counted between looks at the clock.
const ROWS: usize = 500;
const UNREADABLE: &str = "it cannot be read";

/// Opens a directory, or makes one, and looks whether it has come as far as was acknowledged. Its rows are not counted yet.
///
/// # Errors
/// [`OpenError`].
pub(super) fn open_disk(directory: &Path, cache_bytes: u64) -> Result<Disk, OpenError> {
    fs::create_dir_all(directory).map_err(OpenError::Io)?;
    let database = directory.join("orders");
    if !database.exists() {
        tracing::info!(directory = %directory.display(), "no store is here yet; making one");
    }
    guarded(|| {
        let db = open_sled(&database, cache_bytes)?;
        let (head, tally) = read_head(&db)?;
        let head_file = HeadFile::open(&directory.join("head")).map_err(OpenError::Io)?;
        check_head(head, head_file.read().map_err(OpenError::Io)?)?;
        let file = File::options().write(true).open(database.join("db")).map_err(OpenError::Io)?;
        let census = Census::new(Counts { tally, verifier: Some(Verifier::default()) });
        let disk = Disk { db, file, head_file, head, census: Arc::new(census) };
        disk.db.flush().map_err(unreadable)?;
        make_durable(directory, &database, &disk).map_err(OpenError::Io)?;
        Ok(disk)
    })
}

fn open_sled(path: &Path, cache_bytes: u64) -> Result<sled::Db, OpenError> {
    // The committer flushes; sled's own timer would only do it without fdatasync.
    let config = sled::Config::new().path(path).cache_capacity(cache_bytes).flush_every_ms(None);
    match config.open() {
        Err(sled::Error::Io(error)) if is_in_use(&error) => Err(OpenError::InUse),
        opened => opened.map_err(unreadable),
    }
}

/// sled wraps the failed lock in an error of another kind.
fn is_in_use(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || error.to_string().contains("could not acquire lock")
}

/// The format number of the data; `None` for a store that was just made.
fn read_format(db: &sled::Db) -> Result<Option<u64>, OpenError> {
    let Some(stored) = db.get(keys::FORMAT).map_err(unreadable)? else { return Ok(None) };
    let bytes = <[u8; 8]>::try_from(&*stored);
    match bytes.map(u64::from_be_bytes) {
        Ok(found) if found > FORMAT => Err(OpenError::NewerFormat { found }),
        Ok(found) => Ok(Some(found)),
        Err(_) => Err(damaged("the format number is unreadable")),
    }
}

/// Head and tally as the database has them.
fn read_head(db: &sled::Db) -> Result<(Head, Tally), OpenError> {
    let format = read_format(db)?;
    let Some(stored) = db.get(keys::HEAD).map_err(unreadable)? else {
        write_head(db, Head::default(), Tally::default())?;
        return Ok((Head::default(), Tally::default()));
    };
    let (head, tally) = stored.split_at_checked(HEAD).unwrap_or((&stored, &[]));
    let head = Head::from_bytes(head).ok_or_else(|| damaged("its head is unreadable"))?;
    let tally = match format {
        // Such a store has kept no tally: it begins with what is there.
        Some(..FORMAT) => {
            let mut verifier = Verifier::default();
            while !verifier.step(db, ROWS).map_err(unreadable)? {}
            write_head(db, head, verifier.seen())?;
            verifier.seen()
        }
        Some(_) | None => {
            Tally::from_bytes(tally).ok_or_else(|| damaged("its tally is unreadable"))?
        }
    };
    Ok((head, tally))
}

fn write_head(db: &sled::Db, head: Head, tally: Tally) -> Result<(), OpenError> {
    let mut batch = sled::Batch::default();
    batch.insert(keys::FORMAT, &FORMAT.to_be_bytes());
    batch.insert(keys::HEAD, head_row(head, tally));
    db.apply_batch(batch).map_err(unreadable)
}

/// The database may be ahead of the head record, never behind it.
fn check_head(stored: Head, recorded: Option<Head>) -> Result<(), OpenError> {
    match recorded {
        None if stored.seq > 0 => Err(damaged("the head record is missing")),
        Some(head) if head.seq > stored.seq => Err(damaged(format!(
            "{} groups of changes were acknowledged, the database has {}",
            head.seq, stored.seq
        ))),
        Some(head) if head.seq == stored.seq && head.chain != stored.chain => {
            Err(damaged(format!("group {} is not the one that was acknowledged", head.seq)))
        }
        None | Some(_) => Ok(()),
    }
}

/// Counts the rows, all of them or as many as a start has time for.
///
/// # Errors
/// [`OpenError::Damaged`] when they are not what was acknowledged.
pub(super) fn verify(disk: &Disk, time: Duration) -> Result<(), OpenError> {
    guarded(|| count(disk, time))
}

fn count(disk: &Disk, time: Duration) -> Result<(), OpenError> {
    let started = Instant::now();
    let mut counts = disk.census.counts();
    let Counts { tally, verifier } = &mut *counts;
    let Some(at_work) = verifier else { return Ok(()) };
    let is_done = at_work.run(&disk.db, ROWS, || started.elapsed() > time).map_err(unreadable)?;
    let seen = at_work.seen();
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if !is_done {
        tracing::info!(rows = tally.rows, counted = seen.rows, took_ms, "rows are left to count");
    } else if seen == *tally {
        tracing::info!(rows = tally.rows, took_ms, "every row of the store is in its place");
        *verifier = None;
    } else {
        return Err(damaged(differs(seen, *tally)));
    }
    Ok(())
}

fn differs(seen: Tally, tally: Tally) -> String {
    if seen.rows == tally.rows {
        "a row is not what was acknowledged".into()
    } else {
        format!("{} rows were acknowledged, the database has {}", tally.rows, seen.rows)
    }
}

/// sled panics on some damaged files; here that becomes an error like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged(UNREADABLE)))
}

fn damaged(detail: impl Into<String>) -> OpenError {
    OpenError::Damaged { detail: detail.into() }
}

fn unreadable(error: sled::Error) -> OpenError {
    match error {
        sled::Error::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            OpenError::Io(error)
        }
        sled::Error::Io(_)
        | sled::Error::Corruption { .. }
        | sled::Error::CollectionNotFound(_)
        | sled::Error::ReportableBug(_)
        | sled::Error::Unsupported(_) => damaged(UNREADABLE),
    }
}

/// A file whose name is not on disk is lost with all it holds: sync the directories once, at the start. The head record
/// is written here, after the database it speaks of: without one on disk, a power cut soon after the first start would
/// look like a lost record.
fn make_durable(directory: &Path, database: &Path, disk: &Disk) -> io::Result<()> {
    disk.file.sync_all()?;
    disk.head_file.write(disk.head)?;
    disk.head_file.sync()?;
    for path in [Some(database), Some(directory), directory.parent()].into_iter().flatten() {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        File::open(path)?.sync_all()?;
    }
    Ok(())
}
