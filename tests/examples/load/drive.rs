//! Many at a time, and how long each took.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

/// What one window showed.
pub struct Window {
    wall: Duration,
    /// Of each single one, sorted.
    took: Vec<Duration>,
}

/// Does all of the work, `at_a_time` pieces at once.
pub async fn drive<T>(at_a_time: usize, work: Vec<T>, one: impl AsyncFn(T)) -> Window {
    let began = Instant::now();
    let timed = async |piece| {
        let began = Instant::now();
        one(piece).await;
        began.elapsed()
    };
    let took = each(at_a_time, work, timed).await;
    Window::new(began.elapsed(), took)
}

/// Does all of the work, `at_a_time` pieces at once, and gives back what came of each, in no order.
pub async fn each<T, R>(at_a_time: usize, work: Vec<T>, one: impl AsyncFn(T) -> R) -> Vec<R> {
    let left = RefCell::new(work.into_iter());
    let worker = async || {
        let mut done = Vec::new();
        loop {
            let Some(piece) = left.borrow_mut().next() else { return done };
            done.push(one(piece).await);
        }
    };
    let done = join_all((0..at_a_time).map(|_| worker())).await;
    done.into_iter().flatten().collect()
}

impl Window {
    pub fn new(wall: Duration, mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self { wall, took }
    }

    pub fn count(&self) -> f64 {
        self.took.len() as f64
    }

    pub fn per_second(&self) -> f64 {
        self.count() / self.wall.as_secs_f64()
    }

    /// How long it took at most for so many of a hundred, in microseconds.
    pub fn percentile_us(&self, percent: usize) -> f64 {
        let at = (self.took.len() * percent / 100).min(self.took.len() - 1);
        self.took[at].as_secs_f64() * 1e6
    }
}
