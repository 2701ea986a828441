//! Owns the table: what was reached, its share of the limit measured in this run, and whether the target is met.

use crate::Result;
use crate::drive::Measured;

/// What a rate is held against.
pub enum Target {
    /// At least this share of the limit.
    Share(f64),
    /// At least so many a second.
    PerSecond(f64),
}

pub struct Report {
    engine: &'static str,
    lines: Vec<String>,
    missed: usize,
}

impl Report {
    pub fn new(engine: &'static str) -> Self {
        Self { engine, lines: Vec::new(), missed: 0 }
    }

    /// A row of operations per second; one that failed stands in the table as missed, with the reason.
    pub fn rate(&mut self, name: &str, measured: Result<Measured>, limit: f64, target: Target) {
        let measured = match measured {
            Ok(measured) => measured,
            Err(problem) => {
                self.missed += 1;
                let words: String = problem.to_string().chars().take(300).collect();
                self.lines.push(format!("| {name} | failed: {} | | | | | missed |", words.replace(['\n', '|'], " ")));
                return;
            }
        };
        let share = measured.per_second / limit;
        let (wanted, met) = match target {
            Target::Share(least) => (format!("≥ {:.0} %", least * 100.0), share >= least),
            Target::PerSecond(least) => (format!("≥ {least:.0}/s"), measured.per_second >= least),
        };
        let verdict = self.verdict(met);
        self.lines.push(format!(
            "| {name} | {:.0}/s | {:.0} % of {limit:.0} | {:.2} / {:.2} ms | {:.0} % | {wanted} | {verdict} |",
            measured.per_second,
            share * 100.0,
            measured.p50_ms,
            measured.p99_ms,
            measured.server_cpu * 100.0
        ));
    }

    /// A row that must stay under a bound.
    pub fn at_most(&mut self, name: &str, value: f64, unit: &str, most: f64) {
        let verdict = self.verdict(value <= most);
        self.lines.push(format!("| {name} | {value:.1} {unit} | | | | ≤ {most:.0} {unit} | {verdict} |"));
    }

    /// A row without a target.
    pub fn note(&mut self, name: &str, value: f64, unit: &str) {
        self.lines.push(format!("| {name} | {value:.1} {unit} | | | | | |"));
    }

    fn verdict(&mut self, met: bool) -> &'static str {
        if !met {
            self.missed += 1;
        }
        if met { "met" } else { "missed" }
    }

    pub fn print(&self) {
        println!("### {}\n", self.engine);
        println!("| operation | reached | share of the limit | p50 / p99 | server core busy | target | |");
        println!("|---|---:|---:|---:|---:|---:|---|");
        for line in &self.lines {
            println!("{line}");
        }
        match self.missed {
            0 => println!("\n{}: all targets met\n", self.engine),
            n => println!("\n{}: {n} targets missed\n", self.engine),
        }
    }

    pub fn all_met(&self) -> bool {
        self.missed == 0
    }
}
