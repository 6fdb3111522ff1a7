//! The committer: one thread that makes changes durable, many at a time.
//!
//! It takes what is waiting, checks each change against the store and against the others of its group, writes one
//! sled batch, flushes, and calls `fdatasync` on the database file, because sled's own flush does not reach the disk.
//! Only then is anybody answered. The first error ends all writing.
//!
//! sled shows a batch to readers before it is durable, so a reader waits until what it has seen is: see `settled`.

use std::fs::File;
use std::io;

use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};
use tokio::sync::{oneshot, watch};

use super::group::Group;
use super::head::{Head, HeadFile};
use super::{Change, StoreError};

/// How many changes may wait.
const QUEUE: usize = 1024;
/// How many changes share one sync.
const GROUP: usize = 256;

type Answer = oneshot::Sender<Result<(), StoreError>>;

enum Job {
    Commit(Box<Change>, Answer),
    Close(oneshot::Sender<()>),
}

/// The way to the committer thread.
#[derive(Debug)]
pub(super) struct Committer {
    queue: Sender<Job>,
    progress: watch::Receiver<Progress>,
}

/// How far the thread has come, counted in groups since it started.
#[derive(Debug, Clone, Copy, Default)]
struct Progress {
    /// Readers may see this group.
    begun: u64,
    /// This group survives a power cut.
    durable: u64,
    failed: bool,
}

/// What the thread owns.
pub(super) struct Disk {
    pub(super) db: sled::Db,
    /// The file behind `db`, for `fdatasync`.
    pub(super) file: File,
    pub(super) head_file: HeadFile,
    pub(super) head: Head,
}

impl Committer {
    pub(super) fn start(disk: Disk) -> io::Result<Self> {
        let (queue, jobs) = channel(QUEUE);
        let (report, progress) = watch::channel(Progress::default());
        let run = move || Thread { disk, failed: None, report }.run(jobs);
        std::thread::Builder::new().name("committer".into()).spawn(run)?;
        Ok(Self { queue, progress })
    }

    pub(super) async fn commit(&self, change: Change) -> Result<(), StoreError> {
        let (answer, wait) = oneshot::channel();
        self.queue.try_send(Job::Commit(Box::new(change), answer)).map_err(
            |error| match error {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Closed(_) => closed(),
            },
        )?;
        wait.await.unwrap_or_else(|_| Err(closed()))
    }

    /// A thread that has ended, by close or by a panic inside sled, cannot write either.
    pub(super) fn healthy(&self) -> bool {
        self.progress.has_changed().is_ok() && !self.progress.borrow().failed
    }

    /// Waits until everything that a read before this call may have seen is durable.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when it never will be: then nobody may be told of it.
    pub(super) async fn settled(&self) -> Result<(), StoreError> {
        let begun = self.progress.borrow().begun;
        let mut progress = self.progress.clone();
        match progress.wait_for(|now| now.durable >= begun || now.failed).await.map(|now| *now) {
            Ok(now) if now.durable >= begun => Ok(()),
            Ok(_) | Err(_) => Err(StoreError::Failed {
                what: "reading",
                detail: "the newest changes could not be made durable".into(),
            }),
        }
    }

    /// Returns when writing has ended: an error, a panic inside sled, or `close`.
    pub(super) async fn failed(&self) {
        // Either answer means that nothing more will be written.
        let _ = self.progress.clone().wait_for(|now| now.failed).await;
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

struct Thread {
    disk: Disk,
    failed: Option<StoreError>,
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
                // Whoever waits may open the directory again: let go of it first.
                drop((self, jobs));
                let _ = done.send(());
                return;
            }
        }
    }

    /// Commits a group and answers each of its members.
    fn commit(&mut self, waiting: Vec<(Box<Change>, Answer)>) {
        let mut group = Group::new(&self.disk.db);
        let mut accepted = Vec::with_capacity(waiting.len());
        let mut broken = None;
        for (change, answer) in waiting {
            let verdict = match &self.failed {
                Some(failed) => Err(failed.clone()),
                None => group.add(&change),
            };
            match verdict {
                Ok(()) => accepted.push(answer),
                Err(error) => {
                    if matches!(error, StoreError::Failed { .. }) {
                        broken.get_or_insert(error.clone());
                    }
                    reply(answer, Err(error));
                }
            }
        }
        if accepted.is_empty() && broken.is_none() {
            return;
        }
        let result = match broken {
            Some(error) => Err(error),
            None => {
                let (batch, head) = group.finish(self.disk.head);
                self.write(batch, head)
            }
        };
        if let Err(error) = &result {
            self.fail(error);
        }
        for answer in accepted {
            reply(answer, result.clone());
        }
    }

    /// The first failure is the last thing that is said: the process must start anew.
    fn fail(&mut self, error: &StoreError) {
        if self.failed.is_none() {
            tracing::error!(%error, "the store has failed; nothing more will be acknowledged");
            self.failed = Some(error.clone());
            self.report.send_modify(|progress| progress.failed = true);
        }
    }

    fn write(&mut self, batch: sled::Batch, head: Head) -> Result<(), StoreError> {
        self.report.send_modify(|progress| progress.begun += 1);
        let failed = |what| move |detail: String| StoreError::Failed { what, detail };
        self.disk.db.apply_batch(batch).map_err(|e| failed("writing")(e.to_string()))?;
        self.disk.db.flush().map_err(|e| failed("flushing")(e.to_string()))?;
        self.disk.file.sync_data().map_err(|e| failed("syncing")(e.to_string()))?;
        self.disk.head_file.write(head).map_err(|e| failed("writing the head")(e.to_string()))?;
        self.disk.head = head;
        self.report.send_modify(|progress| progress.durable = progress.begun);
        Ok(())
    }

    fn finish(&mut self) {
        if let Err(error) = self.disk.head_file.sync() {
            tracing::error!(%error, "the head record could not be synced");
        }
    }
}

/// Nobody waits for the answer any more when the request was given up; the change stands all the same.
fn reply(answer: Answer, result: Result<(), StoreError>) {
    let _ = answer.send(result);
}
