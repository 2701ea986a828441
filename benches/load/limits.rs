//! Owns the raw limits of the server's core, measured in the same run: a bare actix handler, RSA-2048 signing with a parsed
//! key, RS256 verification, argon2id. Each runs in a process of its own, pinned as the server is.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::Stdio;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, UnparsedPublicKey};

use crate::drive::{self, Work};
use crate::http::{self, Connection};
use crate::provider::{self, Cores};
use crate::{CONNECTIONS, Result};

/// Operations per second of one core.
pub struct Limits {
    pub bare: f64,
    /// Share of its core that the bare handler was busy: under 1, the driver is the limit of the first rows.
    pub bare_busy: f64,
    pub sign: f64,
    pub verify: f64,
    pub hash: f64,
}

impl Limits {
    pub fn measure(cores: &Cores, span: Duration, runtime: &tokio::runtime::Runtime) -> Result<Self> {
        let me = std::env::current_exe()?;
        let said = cores.on_server(&me).args(["--limits", &span.as_secs_f64().to_string()]).output()?;
        let text = String::from_utf8(said.stdout)?;
        let figures: Vec<f64> = text.split_whitespace().filter_map(|f| f.parse().ok()).collect();
        let [sign, verify, hash] = figures[..] else { return Err(format!("no limits came back: {text}").into()) };

        let mut server = cores.on_server(&me).arg("--bare").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut port = String::new();
        BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut port)?;
        let address = format!("127.0.0.1:{}", port.trim());
        let pid = server.id();
        let workers: Vec<Get> = (0..CONNECTIONS).map(|_| Get(http::get(&address, "/", ""))).collect();
        let bare = runtime.block_on(drive::drive(workers, &address, span, || provider::cpu_seconds(pid)));
        drop(server.stdin.take());
        let _ = server.kill();
        server.wait()?;
        let bare = bare?;
        Ok(Self { bare: bare.per_second, bare_busy: bare.server_cpu, sign, verify, hash })
    }

    pub fn print(&self) {
        println!("| limit of the server's core | per second |\n|---|---:|");
        println!("| bare actix handler, 1 kB JSON (core {:.0} % busy) | {:.0} |", self.bare_busy * 100.0, self.bare);
        println!("| RSA-2048 signature (PKCS#1 v1.5, SHA-256), parsed key | {:.0} |", self.sign);
        println!("| RS256 verification | {:.0} |", self.verify);
        println!("| argon2id m=19456 t=2 p=1, memory reused | {:.1} |\n", self.hash);
    }
}

struct Get(Vec<u8>);

impl Work for Get {
    async fn once(&mut self, connection: &mut Connection) -> Result<()> {
        match connection.ask(&self.0).await?.status {
            200 => Ok(()),
            status => Err(format!("status {status}").into()),
        }
    }
}

/// In the child: the three figures, one a line.
pub fn measure_and_print(seconds: f64) -> Result<bool> {
    let span = Duration::from_secs_f64(seconds);
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let message = [7_u8; 600]; // a typical header and claims
    let random = SystemRandom::new();
    let mut signature = vec![0; key.public_modulus_len()];
    let signed = rate(span, || {
        key.sign(&RSA_PKCS1_SHA256, &random, &message, &mut signature).map_err(|_| "signing failed".into())
    })?;
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref()).parse()?;
    let verified = rate(span, || public.verify_sig(&message, &signature).map_err(|_| "verification failed".into()))?;
    println!("{signed}\n{verified}\n{}", hashes(span)?);
    Ok(true)
}

fn hashes(span: Duration) -> Result<f64> {
    use argon2::{Algorithm, Argon2, Block, Params, Version};
    let params = Params::new(19_456, 2, 1, Some(32)).map_err(|e| e.to_string())?;
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut out = [0; 32];
    rate(span, || {
        argon2
            .hash_password_into_with_memory(b"a password of usual length", &[1; 16], &mut out, &mut memory)
            .map_err(|e| e.to_string().into())
    })
}

fn rate(span: Duration, mut once: impl FnMut() -> Result<()>) -> Result<f64> {
    let warm = Instant::now();
    while warm.elapsed() < span / 10 {
        once()?;
    }
    let (begun, mut done) = (Instant::now(), 0_u64);
    while begun.elapsed() < span {
        once()?;
        done += 1;
    }
    Ok(done as f64 / begun.elapsed().as_secs_f64())
}

/// In the child: a handler that does nothing but answer 1 kB of JSON, until its standard input ends.
pub fn serve_bare() -> Result<bool> {
    use actix_web::{App, HttpResponse, HttpServer, web};
    static BODY: [u8; 1024] = [b'1'; 1024];
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    actix_web::rt::System::new().block_on(async {
        let page = || async { HttpResponse::Ok().content_type("application/json").body(&BODY[..]) };
        let server = HttpServer::new(move || App::new().route("/", web::get().to(page)));
        let server = server.workers(1).disable_signals().listen(listener)?.run();
        let handle = server.handle();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read(&mut [0; 1]);
            drop(handle.stop(false));
            std::process::exit(0);
        });
        server.await
    })?;
    Ok(true)
}
