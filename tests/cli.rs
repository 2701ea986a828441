//! Owns the command line as a script sees it: the built program in an empty folder, its answers, its exit codes, and that no
//! secret comes out twice. It does not own what the operations do (tested in `flow::admin`).

#[path = "cli/bench.rs"]
mod bench;
#[path = "cli/clients.rs"]
mod clients;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/keys.rs"]
mod keys;
#[path = "cli/nouns.rs"]
mod nouns;
#[path = "cli/people.rs"]
mod people;
#[path = "support/postgres.rs"]
mod postgres;
#[path = "cli/start.rs"]
mod start;
#[path = "cli/there.rs"]
mod there;
