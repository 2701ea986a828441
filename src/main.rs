//! temporary
use vouchsafe::config::{Config, Overrides};
#[global_allocator]
static GLOBAL: mimalloc::MiMalloc = mimalloc::MiMalloc;
#[tokio::main]
async fn main() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let args: Vec<String> = std::env::args().collect();
    let env = std::env::vars().filter(|(n, _)| n.starts_with("VOUCHSAFE_")).collect();
    let config = Config::load(None, &env, Overrides::default()).unwrap();
    vouchsafe::telemetry::install(
        config.log.format,
        &config.log.level,
        vouchsafe::telemetry::LogOutput::Stderr { colour: false },
    );
    let r = match args[1].as_str() {
        "demo" => vouchsafe::command::demo::run(args.get(3).map_or(8080, |p| p.parse().unwrap())).await,
        _ => vouchsafe::command::serve::run(&config).await,
    };
    r.unwrap();
}
