//! The committer: one thread that makes changes durable, many at a time.
//!
//! It takes what is waiting, checks each change against the store and against the others of its group, writes one
//! sled batch, flushes, and calls `fdatasync` on the database file, because sled's own flush does not reach the disk.
//! Only then is anybody answered. The first error ends all writing.
//!
//! sled shows a batch to readers before it is durable, so a reader waits until what it has seen is: see `settled`.
//!
//! After a start, a second thread counts the rows that opening had no time for.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::{oneshot, watch};

use super::census::Census;
use super::group::{Group, Layout};
use super::head::{Head, HeadFile};
use super::trouble::{catching, is_for_good, trouble};
use super::{Change, StoreError};

/// How many changes may wait.
const QUEUE: usize = 1024;
/// How many changes share one sync.
const GROUP: usize = 256;

type Answer = oneshot::Sender<Result<(), StoreError>>;

enum Job {
    Commit(Layout, Answer),
    Close(oneshot::Sender<()>),
}

/// The way to the committer thread.
#[derive(Debug)]
pub(super) struct Committer {
    queue: Sender<Job>,
    progress: watch::Sender<Progress>,
}

/// How far the thread has come, counted in groups since it started.
#[derive(Debug, Default)]
struct Progress {
    /// Readers may see this group.
    begun: u64,
    /// This group survives a power cut.
    durable: u64,
    /// Why nothing will be written any more.
    failed: Option<StoreError>,
    /// The thread has ended.
    ended: bool,
}

impl Progress {
    /// The first failure is the last thing that is said: the process must start anew.
    fn fail(&mut self, error: &StoreError) -> bool {
        let is_first = self.failed.is_none();
        if is_first {
            tracing::error!(%error, "the store has failed; nothing more will be acknowledged");
            self.failed = Some(error.clone());
        }
        is_first
    }
}

/// What the thread owns.
pub(super) struct Disk {
    pub(super) db: sled::Db,
    /// The file behind `db`, for `fdatasync`.
    pub(super) file: File,
    pub(super) head_file: HeadFile,
    pub(super) head: Head,
    pub(super) census: Arc<Census>,
}

impl Committer {
    pub(super) fn start(disk: Disk) -> io::Result<Self> {
        let (queue, jobs) = channel(QUEUE);
        let progress = watch::Sender::new(Progress::default());
        let report = progress.clone();
        let counting = start_counting(&disk, report.clone())?;
        let run = move || {
            let thread = Thread { disk, counting, report: report.clone() };
            let ended = catching(|| {
                thread.run(jobs);
                Ok(())
            });
            report.send_modify(|progress| {
                if let Err(error) = ended {
                    progress.fail(&error);
                }
                progress.ended = true;
            });
        };
        thread::Builder::new().name("committer".into()).spawn(run)?;
        Ok(Self { queue, progress })
    }

    pub(super) async fn commit(&self, change: Change) -> Result<(), StoreError> {
        let change = Layout::of(&change).inspect_err(|error| self.give_up(error))?;
        let (answer, wait) = oneshot::channel();
        self.queue.try_send(Job::Commit(change, answer)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Closed(_) => closed(),
        })?;
        wait.await.unwrap_or_else(|_| Err(closed()))
    }

    /// A thread that has ended cannot write either.
    pub(super) fn healthy(&self) -> bool {
        let progress = self.progress.borrow();
        !progress.ended && progress.failed.is_none()
    }

    /// A reader has met damage: nothing is written on top of that.
    pub(super) fn give_up(&self, error: &StoreError) {
        self.progress.send_if_modified(|progress| progress.fail(error));
    }

    /// Waits until everything that a read before this call may have seen is durable.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when it never will be: then nobody may be told of it.
    pub(super) async fn settled(&self) -> Result<(), StoreError> {
        let begun = self.progress.borrow().begun;
        let mut progress = self.progress.subscribe();
        let is_known = |now: &Progress| now.durable >= begun || now.failed.is_some() || now.ended;
        let now = progress.wait_for(is_known).await;
        if now.is_ok_and(|now| now.durable >= begun) {
            return Ok(());
        }
        let detail = "the newest changes could not be made durable".into();
        Err(StoreError::Failed { what: "reading", detail })
    }

    /// Returns when writing has ended, and why: an error, damage, or `close`.
    pub(super) async fn failed(&self) -> StoreError {
        let mut progress = self.progress.subscribe();
        let now = progress.wait_for(|now| now.failed.is_some() || now.ended).await;
        now.ok().and_then(|now| now.failed.clone()).unwrap_or_else(closed)
    }

    /// Ends the thread when all that was queued before is durable.
    pub(super) async fn close(&self) {
        let (done, wait) = oneshot::channel();
        if self.queue.send(Job::Close(done)).await.is_ok() {
            // An error means the thread has ended already.
            let _ = wait.await;
        }
    }
}

fn closed() -> StoreError {
    StoreError::Failed { what: "writing", detail: "the store is closed".into() }
}

/// Counts in a thread of its own what opening had no time for.
fn start_counting(disk: &Disk, report: watch::Sender<Progress>) -> io::Result<JoinHandle<()>> {
    let (db, census) = (disk.db.clone(), Arc::clone(&disk.census));
    let count = move || {
        if let Err(error) = catching(|| census.count(&db)) {
            report.send_if_modified(|progress| progress.fail(&error));
        }
    };
    thread::Builder::new().name("census".into()).spawn(count)
}

struct Thread {
    disk: Disk,
    counting: JoinHandle<()>,
    report: watch::Sender<Progress>,
}

impl Thread {
    fn run(mut self, mut jobs: Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut waiting = Vec::new();
            let mut close = None;
            let mut next = Some(first);
            while let Some(job) = next {
                match job {
                    Job::Commit(change, answer) => waiting.push((change, answer)),
                    Job::Close(done) => close = Some(done),
                }
                let more = waiting.len() < GROUP && close.is_none();
                next = if more { jobs.try_recv().ok() } else { None };
            }
            self.commit(waiting);
            if let Some(done) = close {
                self.finish();
                self.report.send_modify(|progress| progress.ended = true);
                // Whoever waits may open the directory again: let go of it first. A count that panicked has said so.
                let Self { disk, counting, .. } = self;
                let _ = counting.join();
                drop((disk, jobs));
                let _ = done.send(());
                return;
            }
        }
        self.disk.census.give_up();
    }

    /// Commits a group and answers each of its members. Those that came too late are told last: whoever reads again
    /// finds what was earlier.
    fn commit(&mut self, waiting: Vec<(Layout, Answer)>) {
        let db = self.disk.db.clone();
        let mut group = Group::new(&db);
        let (mut accepted, mut refused) = (Vec::with_capacity(waiting.len()), Vec::new());
        let mut broken = None;
        for (change, answer) in waiting {
            let failed = self.report.borrow().failed.clone();
            let verdict = failed.map_or_else(|| group.add(change), Err);
            match verdict {
                Ok(()) => accepted.push(answer),
                Err(error) => {
                    if is_for_good(&error) {
                        broken.get_or_insert(error.clone());
                    }
                    refused.push((answer, error));
                }
            }
        }
        let result = match broken {
            Some(error) => Err(error),
            None if accepted.is_empty() => Ok(()),
            None => self.write(group),
        };
        if let Err(error) = &result {
            self.fail(error);
        }
        for answer in accepted {
            reply(answer, result.clone());
        }
        for (answer, error) in refused {
            reply(answer, Err(error));
        }
    }

    fn fail(&self, error: &StoreError) {
        self.disk.census.give_up();
        self.report.send_if_modified(|progress| progress.fail(error));
    }

    fn write(&mut self, group: Group<'_>) -> Result<(), StoreError> {
        let head = self.apply(group)?;
        let failed =
            |what, error: io::Error| StoreError::Failed { what, detail: error.to_string() };
        self.disk.db.flush().map_err(|error| trouble("flushing", error))?;
        self.disk.file.sync_data().map_err(|error| failed("syncing", error))?;
        self.disk.head_file.write(head).map_err(|error| failed("writing the head", error))?;
        self.disk.head = head;
        self.report.send_modify(|progress| progress.durable = progress.begun);
        Ok(())
    }

    /// Rows and counts change together; nobody counts meanwhile.
    fn apply(&self, group: Group<'_>) -> Result<Head, StoreError> {
        let mut counts = self.disk.census.counts();
        let (batch, head) = group.finish(self.disk.head, &mut counts);
        self.report.send_modify(|progress| progress.begun += 1);
        self.disk.db.apply_batch(batch).map_err(|error| trouble("writing", error))?;
        Ok(head)
    }

    fn finish(&self) {
        self.disk.census.give_up();
        if let Err(error) = self.disk.head_file.sync() {
            tracing::error!(%error, "the head record could not be synced");
        }
    }
}

/// Nobody waits for the answer any more when the request was given up; the change stands all the same.
fn reply(answer: Answer, result: Result<(), StoreError>) {
    let _ = answer.send(result);
}
