//! The guard of the outbound client against what addresses, names and servers try (security cases H06, H07, H08).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::guarded::{Answer, Failure, Guarded, Request, Rule};

const HERE: &str = "127.0.0.0/8";

fn rule(allow: &[&str]) -> Rule {
    let allow: Vec<_> = allow.iter().map(|net| net.parse().unwrap()).collect();
    Rule { allow_http: allow.clone(), allow, timeout: Duration::from_secs(2), ..Rule::default() }
}

fn get(url: &str) -> Request {
    Request {
        method: Method::GET,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        limit_bytes: 1000,
        timeout: Duration::from_millis(800),
    }
}

/// A client whose names answer what these lists say, one after the other; the last one stays.
fn named(rule: Rule, answers: &[&[&str]]) -> Guarded {
    let answers = answers.iter().map(|one| one.iter().map(|ip| ip.parse().unwrap()).collect());
    let answers: Mutex<VecDeque<Vec<IpAddr>>> = Mutex::new(answers.collect());
    let names = move |_: &str| {
        let mut answers = answers.lock().unwrap();
        Ok(if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() })
    };
    Guarded::with_names(rule, Arc::new(names)).unwrap()
}

/// A server on this machine that does this with every connection once it has read the request's head. Counts them.
async fn server<F>(act: impl Fn(TcpStream) -> F + Send + 'static) -> (u16, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, count) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            tokio::spawn(act(stream));
        }
    });
    (port, count)
}

/// A server that answers with these bytes.
async fn says(bytes: impl Into<Vec<u8>>) -> (u16, Arc<AtomicUsize>) {
    let bytes: Arc<Vec<u8>> = Arc::new(bytes.into());
    server(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            let _ = stream.write_all(&bytes).await;
        }
    })
    .await
}

async fn ask(client: &Guarded, url: &str) -> Result<Answer, Failure> {
    client.send(get(url)).await
}

#[tokio::test]
async fn h06_closed_addresses_are_refused_however_they_are_written() {
    let client = Guarded::new(Rule::default()).unwrap();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "192.168.0.1",
        "100.64.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "%31%32%37.0.0.1",
    ] {
        let refused = ask(&client, &format!("https://{host}:8443/")).await.unwrap_err();
        assert!(matches!(&refused, Failure::Refused(why) if why.contains("public internet")), "{host}: {refused}");
    }
    // These names are looked up in earnest.
    for host in ["localhost", "LOCALHOST", "lOcAlHoSt"] {
        let refused = ask(&client, &format!("https://{host}:8443/")).await.unwrap_err();
        assert!(matches!(&refused, Failure::Refused(why) if why.contains("public internet")), "{host}: {refused}");
    }
}

#[tokio::test]
async fn h06_what_is_no_plain_https_address_is_refused() {
    let client = Guarded::new(Rule::default()).unwrap();
    for (url, word) in [
        ("http://example.com/", "https://"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://example.com/", "https://"),
        ("javascript:alert(1)", "https://"),
        ("//example.com/", "no address"),
        ("example.com", "no address"),
        ("https://", "no address"),
        ("https://a@example.com/", "user name"),
        ("https://1.1.1.1@127.0.0.1/", "user name"),
        ("https://:secret@example.com/", "user name"),
        ("https://example.com/#x", "fragment"),
        ("https://example.com./", "dot"),
        ("https://localhost./", "dot"),
        ("https://example.com:22/", "port"),
        ("https://example.com:25/", "port"),
        ("https://example.com:0/", "port"),
        ("https://exa mple.com/", "no address"),
        ("https://${host}/", "host"),
    ] {
        let refused = client.check(url).unwrap_err();
        assert!(refused.contains(word), "{url}: {refused}");
        assert!(matches!(ask(&client, url).await, Err(Failure::Refused(_))), "{url}");
    }
    for url in
        ["https://example.com/", "https://example.com:8443/a?b=c", "https://1.1.1.1/", "https://[2606:4700::1111]/"]
    {
        assert!(client.check(url).is_ok(), "{url}");
    }
}

#[tokio::test]
async fn h06_the_address_is_judged_when_it_is_dialled() {
    let (port, count) = says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let url = format!("http://rebound.test:{port}/");
    // Open the first time, closed the next: what was good once is not good again.
    let client = named(rule(&[HERE]), &[&["127.0.0.1"], &["10.0.0.1"]]);
    assert_eq!(ask(&client, &url).await.unwrap().status, 200);
    assert!(matches!(ask(&client, &url).await, Err(Failure::Refused(_))));
    // One closed address spoils the name, wherever it stands.
    for answers in
        [["127.0.0.1", "169.254.169.254"], ["169.254.169.254", "127.0.0.1"], ["::ffff:10.0.0.1", "127.0.0.1"]]
    {
        let refused = ask(&named(rule(&[HERE]), &[&answers]), &url).await.unwrap_err();
        assert!(matches!(&refused, Failure::Refused(why) if why.contains("leads to")), "{refused}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn h06_a_network_that_is_open_is_open_without_tls_only_where_that_is_said() {
    let (port, count) = says("HTTP/1.1 204 No Content\r\n\r\n").await;
    let tls_only = Rule { allow_http: Vec::new(), ..rule(&[HERE]) };
    let elsewhere = Rule { allow_http: vec!["127.9.0.0/16".parse().unwrap()], ..rule(&[HERE]) };
    for closed in [tls_only, elsewhere] {
        let client = named(closed, &[&["127.0.0.1"]]);
        for host in ["127.0.0.1", "name.test"] {
            assert!(
                matches!(ask(&client, &format!("http://{host}:{port}/")).await, Err(Failure::Refused(_))),
                "{host}"
            );
        }
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let client = Guarded::new(rule(&[HERE])).unwrap();
    assert_eq!(ask(&client, &format!("http://localhost:{port}/")).await.map(|a| a.status), Ok(204));
    // The public internet is never asked without TLS.
    let public = named(rule(&[HERE]), &[&["1.1.1.1"]]);
    assert!(
        matches!(ask(&public, "http://name.test/").await, Err(Failure::Refused(why)) if why.contains("without TLS"))
    );
}

#[tokio::test]
async fn h06_a_redirect_is_an_answer_and_is_not_followed() {
    let (there, visits) = says("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret").await;
    for status in [301, 302, 303, 307, 308] {
        for to in [format!("http://127.0.0.1:{there}/"), "http://169.254.169.254/latest/meta-data/".to_owned()] {
            let (port, _) = says(format!("HTTP/1.1 {status} Go\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")).await;
            let client = Guarded::new(rule(&[HERE])).unwrap();
            let answer = ask(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap();
            assert_eq!((answer.status, answer.body.len()), (status, 0));
        }
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn h07_large_bodies_are_cut_off_announced_or_not() {
    let huge = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n";
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let endless = |head: String| {
        server(move |mut stream| {
            let head = head.clone();
            async move {
                let _ = stream.write_all(head.as_bytes()).await;
                let chunk = format!("400\r\n{}\r\n", "x".repeat(0x400));
                while stream.write_all(chunk.as_bytes()).await.is_ok() {}
            }
        })
    };
    for head in [huge.to_owned(), chunks, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned()] {
        let (port, _) = endless(head).await;
        let client = Guarded::new(rule(&[HERE])).unwrap();
        assert_eq!(ask(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap_err(), Failure::TooLarge(1000));
    }
    let (port, _) = says(format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", "x".repeat(1000))).await;
    let whole = ask(&Guarded::new(rule(&[HERE])).unwrap(), &format!("http://127.0.0.1:{port}/")).await.unwrap();
    assert_eq!(whole.body.len(), 1000);
}

#[tokio::test]
async fn h07_compressed_answers_and_endless_heads_are_refused() {
    let bomb = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x08".to_vec();
    let (port, _) = says(bomb).await;
    let client = Guarded::new(rule(&[HERE])).unwrap();
    assert_eq!(ask(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap_err(), Failure::Compressed);
    let (port, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        let line = format!("x-{}: y\r\n", "n".repeat(1000));
        while stream.write_all(line.as_bytes()).await.is_ok() {}
    })
    .await;
    let failed = ask(&client, &format!("http://127.0.0.1:{port}/")).await.unwrap_err();
    assert!(matches!(failed, Failure::Unreachable(_)), "{failed}");
}

#[tokio::test]
async fn h07_slow_answers_end_at_the_time_limit_wherever_they_are_slow() {
    let (silent, _) = server(|stream| async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        drop(stream);
    })
    .await;
    let (dripping, _) = server(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let client = Guarded::new(rule(&[HERE])).unwrap();
    for port in [silent, dripping] {
        let began = Instant::now();
        let failed = ask(&client, &format!("http://127.0.0.1:{port}/?key=secret")).await.unwrap_err();
        assert_eq!(failed, Failure::Timeout(Duration::from_millis(800)));
        assert!(began.elapsed() < Duration::from_millis(1500), "{:?}", began.elapsed());
        assert!(!failed.to_string().contains("secret"));
    }
    // What the rule says is the most that anybody may ask for.
    let longer = Request { timeout: Duration::from_secs(60), ..get(&format!("http://127.0.0.1:{silent}/")) };
    let began = Instant::now();
    let quick = Guarded::new(Rule { timeout: Duration::from_millis(300), ..rule(&[HERE]) }).unwrap();
    assert_eq!(quick.send(longer).await.unwrap_err(), Failure::Timeout(Duration::from_millis(300)));
    assert!(began.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn h07_h08_a_slow_host_holds_up_nobody_but_itself() {
    let (slow, slow_count) = server(|stream| async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        drop(stream);
    })
    .await;
    let (good, _) = says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let client = named(rule(&[HERE]), &[&["127.0.0.1"]]);
    let storm: Vec<_> = (0..200)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { ask(&client, &format!("http://slow.test:{slow}/")).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(slow_count.load(Ordering::SeqCst), 4, "no more than the bound at a time");
    let began = Instant::now();
    assert_eq!(ask(&client, &format!("http://good.test:{good}/")).await.unwrap().body, b"ok");
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    for one in storm {
        assert!(matches!(one.await.unwrap(), Err(Failure::Timeout(_))));
    }
}

#[tokio::test]
async fn tls_is_checked_against_the_public_authorities_and_the_configured_one() {
    let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls_pki_types::PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in listener.incoming() {
            let mut connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = stream.unwrap();
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            let mut head = [0; 4096];
            if tls.read(&mut head).is_ok() {
                let _ = tls.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
                let _ = tls.flush();
            }
        }
    });
    let url = format!("https://localhost:{port}/");
    let stranger = Guarded::new(rule(&[HERE, "::1/128"])).unwrap();
    assert!(matches!(ask(&stranger, &url).await, Err(Failure::Unreachable(_))));
    let known = Rule { ca_pem: Some(issued.cert.pem().into_bytes()), ..rule(&[HERE, "::1/128"]) };
    assert_eq!(ask(&Guarded::new(known).unwrap(), &url).await.unwrap().body, b"ok");
    for nonsense in ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Guarded::new(Rule { ca_pem: Some(nonsense.into()), ..Rule::default() }).is_err(), "{nonsense:?}");
    }
}
