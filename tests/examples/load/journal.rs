//! The least that many durable writers can do: one file that grows, one thread that writes what waits and syncs it once.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

type Job = (Bytes, oneshot::Sender<()>);

pub struct Journal(mpsc::Sender<Job>);

impl Journal {
    pub fn start(path: &Path) -> Self {
        let file = File::create(path).unwrap();
        let (sender, jobs) = mpsc::channel(1024);
        std::thread::spawn(move || write(file, jobs));
        Self(sender)
    }

    /// Returns when the bytes are durable.
    pub async fn append(&self, bytes: Bytes) {
        let (done, wait) = oneshot::channel();
        self.0.send((bytes, done)).await.unwrap();
        wait.await.unwrap();
    }
}

fn write(mut file: File, mut jobs: mpsc::Receiver<Job>) {
    let (mut group, mut bytes) = (Vec::new(), Vec::new());
    while jobs.blocking_recv_many(&mut group, 256) > 0 {
        bytes.clear();
        group.iter().for_each(|(job, _)| bytes.extend_from_slice(job));
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        for (_, done) in group.drain(..) {
            // Whoever waited has the file's word, whether it listens or not.
            let _ = done.send(());
        }
    }
}

/// How long one fdatasync takes after a page more was written: the middle one of many.
pub fn one_sync(path: &Path) -> Duration {
    const TIMES: usize = 101;
    let mut file = File::create(path).unwrap();
    let mut took: Vec<Duration> = (0..TIMES)
        .map(|_| {
            file.write_all(&[b'x'; 4096]).unwrap();
            let began = Instant::now();
            file.sync_data().unwrap();
            began.elapsed()
        })
        .collect();
    took.sort_unstable();
    took[TIMES / 2]
}
