//! The program: installs what the process needs once and hands the arguments to `command`.

use std::process::ExitCode;

/// Serves many small requests on many threads: the system's allocator is measurably slower at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Fails only if there is one already, and then that one is good.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    vouchsafe::command::main(std::env::args_os())
}
