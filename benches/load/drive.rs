//! Owns the loop: many connections doing one kind of work for a span of time, counted. It does not know what the work is.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::Result;
use crate::http::Connection;
use crate::provider::Provider;

/// One operation, again and again, on one connection.
pub trait Work: 'static {
    async fn once(&mut self, connection: &mut Connection) -> Result<()>;
}

/// What a span of work came to.
pub struct Measured {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Share of the server's core that was busy; well under 1 means that something else was the limit.
    pub server_cpu: f64,
}

pub struct Driver<'a> {
    pub runtime: &'a tokio::runtime::Runtime,
    pub provider: &'a Provider,
    pub span: Duration,
}

impl Driver<'_> {
    /// Runs every worker on a connection of its own: a short warm-up, then the measured span.
    pub fn drive<W: Work>(&self, workers: Vec<W>) -> Result<Measured> {
        self.runtime.block_on(drive(workers, self.provider.address(), self.span, || self.provider.cpu_seconds()))
    }
}

/// As [`Driver::drive`], for any address and any way to read the server's CPU time.
pub async fn drive<W: Work>(
    workers: Vec<W>,
    address: &str,
    span: Duration,
    cpu_seconds: impl Fn() -> Result<f64>,
) -> Result<Measured> {
    let warm_up = span.min(Duration::from_secs(1)) / 3;
    let counting = Rc::new(Cell::new(false));
    let over = Rc::new(Cell::new(false));
    let micros = Rc::new(RefCell::new(Vec::<u32>::with_capacity(1 << 20)));
    let problem = Rc::new(RefCell::new(None));
    let local = tokio::task::LocalSet::new();
    for mut worker in workers {
        let (counting, over, micros, problem) = (counting.clone(), over.clone(), micros.clone(), problem.clone());
        let mut connection = Connection::to(address);
        local.spawn_local(async move {
            while !over.get() {
                let begun = Instant::now();
                if let Err(error) = worker.once(&mut connection).await {
                    problem.borrow_mut().get_or_insert(error.to_string());
                    over.set(true);
                } else if counting.get() {
                    micros.borrow_mut().push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
                }
            }
        });
    }
    let (seconds, busy) = local
        .run_until(async {
            tokio::time::sleep(warm_up).await;
            let (begun, cpu) = (Instant::now(), cpu_seconds()?);
            counting.set(true);
            while begun.elapsed() < span && !over.get() {
                tokio::time::sleep(Duration::from_millis(20).min(span - begun.elapsed().min(span))).await;
            }
            counting.set(false);
            over.set(true);
            Result::<(f64, f64)>::Ok((begun.elapsed().as_secs_f64(), cpu_seconds()? - cpu))
        })
        .await?;
    // The requests under way end by themselves; nothing is left open for the next row.
    let _ = tokio::time::timeout(Duration::from_secs(10), local).await;
    if let Some(words) = problem.borrow_mut().take() {
        return Err(words.into());
    }
    let mut micros = micros.borrow_mut();
    micros.sort_unstable();
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize).map_or(0.0, |m| f64::from(*m) / 1000.0);
    Ok(Measured {
        per_second: micros.len() as f64 / seconds,
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        server_cpu: busy / seconds,
    })
}
