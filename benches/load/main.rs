//! Owns the benchmark: starts the release binary on one core, drives it from another, measures the raw limits of the
//! server's core in the same run and prints what was reached as a share of them, for SQLite and for PostgreSQL.
//!
//! ```text
//! cargo bench --bench load                        both engines, 5 s a row
//! cargo bench --bench load -- --quick             1 s a row
//! cargo bench --bench load -- --engine sqlite     one engine
//! cargo bench --bench load -- --strict            exit 1 when a target is missed
//! ```
//! All traffic stays on 127.0.0.1. Absolute figures move from machine to machine: compare the ratios.
//! `BENCH_BINARY` measures another build of the program (for instance the `dist` profile).

mod browser;
mod drive;
mod http;
mod limits;
mod postgres;
mod provider;
mod report;
mod work;

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use limits::Limits;
use provider::{Cores, Provider};
use report::{Report, Target};

/// Anything that keeps the benchmark from its figures, in words.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Parallel connections of the driver.
const CONNECTIONS: usize = 16;

struct Settings {
    span: Duration,
    engines: Vec<&'static str>,
    strict: bool,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let role = args.first().map(String::as_str).unwrap_or_default();
    let done = match role {
        "--limits" => limits::measure_and_print(seconds_after(&args, "--limits")),
        "--bare" => limits::serve_bare(),
        _ => settings(&args).and_then(|s| run(&args, &s)),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("benchmark: {problem}");
            ExitCode::from(2)
        }
    }
}

fn settings(args: &[String]) -> Result<Settings> {
    let mut settings = Settings { span: Duration::from_secs(5), engines: vec!["SQLite", "PostgreSQL"], strict: false };
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match (word, word == "--engine") {
            ("--quick", _) => settings.span = Duration::from_secs(1),
            ("--strict", _) => settings.strict = true,
            ("--pinned", _) => {}
            (_, true) => match words.next() {
                Some("sqlite") => settings.engines = vec!["SQLite"],
                Some("postgres") => settings.engines = vec!["PostgreSQL"],
                other => return Err(format!("--engine takes sqlite or postgres, not {other:?}").into()),
            },
            _ => return Err(format!("unknown argument {word}: use --quick, --engine sqlite|postgres, --strict").into()),
        }
    }
    Ok(settings)
}

fn seconds_after(args: &[String], flag: &str) -> f64 {
    let at = args.iter().position(|a| a == flag).map(|i| i + 1);
    at.and_then(|i| args.get(i)).and_then(|s| s.parse().ok()).unwrap_or(1.0)
}

/// Pins itself to the driver's core (by starting itself again under `taskset`), then measures.
fn run(args: &[String], settings: &Settings) -> Result<bool> {
    let cores = Cores::pick(args.iter().any(|a| a == "--pinned"))?;
    if !args.iter().any(|a| a == "--pinned") {
        let me = std::env::current_exe()?;
        let status = cores.on_driver(me).args(args).arg("--pinned").env("BENCH_CORES", cores.to_string()).status()?;
        return Ok(status.success());
    }
    let binary =
        std::env::var_os("BENCH_BINARY").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_vouchsafe")), PathBuf::from);
    println!("vouchsafe {} on core {}, driver on core {}", version(&binary), cores.server, cores.driver);
    println!("{CONNECTIONS} keep-alive connections, {} s a row, plain HTTP on loopback\n", settings.span.as_secs());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let limits = Limits::measure(&cores, settings.span, &runtime)?;
    limits.print();
    let mut all_met = true;
    for engine in &settings.engines {
        let report = measure(engine, &binary, &cores, &limits, settings.span, &runtime)?;
        report.print();
        all_met &= report.all_met();
    }
    Ok(all_met || !settings.strict)
}

fn version(binary: &PathBuf) -> String {
    let said = Command::new(binary).arg("--version").output().ok();
    said.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).filter(|s| !s.is_empty()).unwrap_or("?".into())
}

/// All rows on one engine.
fn measure(
    engine: &'static str,
    binary: &PathBuf,
    cores: &Cores,
    limits: &Limits,
    span: Duration,
    runtime: &tokio::runtime::Runtime,
) -> Result<Report> {
    let cluster = if engine == "PostgreSQL" { Some(postgres::Cluster::start(cores)?) } else { None };
    let mut report = Report::new(engine);
    let mut provider = Provider::new(binary, cores, cluster.as_ref().map(postgres::Cluster::url))?;

    let first = provider.start()?;
    report.at_most("start to first 200, first ever", first.as_secs_f64() * 1000.0, "ms", 1000.0);
    provider.stop()?;
    let people = provider.register()?;
    provider.start()?;
    let prepared = runtime.block_on(work::prepare(&provider, &people, CONNECTIONS))?;
    provider.stop()?;

    // A fresh process, so that nothing of the preparation (16 password hashes) stands in its memory.
    let mut starts = Vec::new();
    for _ in 0..5 {
        provider.stop()?;
        starts.push(provider.start()?.as_secs_f64() * 1000.0);
    }
    starts.sort_by(f64::total_cmp);
    report.at_most("start to first 200, existing database (median of 5)", starts[2], "ms", 50.0);
    std::thread::sleep(Duration::from_secs(1));
    report.at_most("memory at rest", provider.memory("VmRSS:")?, "MiB", 15.0);

    let d = drive::Driver { runtime, provider: &provider, span };
    report.rate("discovery", d.drive(prepared.get(&provider.discovery_path())), limits.bare, Target::Share(0.8));
    report.rate("JWKS", d.drive(prepared.get(&prepared.jwks_path)), limits.bare, Target::Share(0.8));
    report.rate("client_credentials", d.drive(prepared.client_credentials()), limits.sign, Target::Share(0.8));
    report.rate("refresh with rotation", d.drive(prepared.refresh()), limits.sign / 2.0, Target::Share(0.7));
    report.rate("code flow, live session", d.drive(prepared.code_flow()), limits.sign / 2.0, Target::Share(0.6));
    report.rate("userinfo with a JWT", d.drive(prepared.userinfo()), limits.verify, Target::PerSecond(20_000.0));
    report.rate("introspection", d.drive(prepared.introspection()), limits.verify, Target::PerSecond(20_000.0));
    report.at_most("memory under load, at its most", provider.memory("VmHWM:")?, "MiB", 40.0);
    report.rate("password login", d.drive(prepared.login()), limits.hash, Target::Share(0.9));
    report.note("memory with password hashing, at its most", provider.memory("VmHWM:")?, "MiB");
    let size = std::fs::metadata(binary)?.len() as f64 / (1024.0 * 1024.0);
    report.at_most("release binary", size, "MiB", 25.0);
    provider.stop()?;
    Ok(report)
}
