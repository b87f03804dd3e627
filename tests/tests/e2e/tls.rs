//! Servers with certificates of an authority of the team's own: a registry behind a proxy, and a git server.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use embark_tests::harness::{
    ARGOCD_TOKEN, Certificates, Detour, Downgrade, Embark, GIT_TOKEN, GITHUB_TOKEN, GitServer, Image, Registry,
    Serving, Setup, World,
};

use crate::EMBARK;

const HOST: &str = "registry.example.com";

/// A proxy that takes whoever asks for any host to `target`, and keeps whom they asked for.
struct Tunnel {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                std::thread::spawn(move || tunnel(client, target, &log));
            }
        });
        Self { address, asked }
    }
}

fn tunnel(mut client: TcpStream, target: SocketAddr, log: &Mutex<Vec<String>>) -> io::Result<()> {
    use io::{Read as _, Write as _};

    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    log.lock()
        .expect("no thread panics")
        .push(String::from_utf8_lossy(&head).lines().next().unwrap_or_default().into());
    let server = TcpStream::connect(target)?;
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
    let (mut from, mut to) = (client, server);
    std::thread::spawn(move || io::copy(&mut down, &mut up));
    io::copy(&mut from, &mut to).map(drop)
}

#[test]
#[ignore = "needs docker-registry, skopeo and openssl: run ./tests/run"]
fn a_registry_with_a_certificate_of_our_own_is_reached_through_a_proxy() {
    let world = World::new(EMBARK, Setup::Embedded);
    let folder = world.app();
    let certificates = Certificates::issue(&folder, &format!("DNS:{HOST}"));
    let registry = Registry::start_with_tls(&certificates.certificate(), &certificates.key());
    let commit = world.commits[0].as_str();
    registry.push("acme/frontend", commit, &Image::single("built"));
    world.configure(&world.image("frontend"), &format!("{HOST}/acme/frontend"));

    let tunnel = Tunnel::to(registry.address());
    let proxied = world.embark.clone().with("HTTPS_PROXY", &format!("http://{}", tunnel.address));
    let trusting = proxied.clone().with("EMBARK_CA_FILE", "ca.pem");
    let release = ["release", "staging", "--component", "frontend", "--commit", commit, "--deploy"];
    let stranger = proxied.json(&release).ended(21, "failed").error();
    assert!(stranger.0.contains(HOST), "{stranger:?}");
    trusting.json(&release).ended(0, "done");
    let promote = ["promote", "production", "--component", "frontend", "--version", "1.0.0", "--commit", commit];
    trusting.json(&promote).ended(0, "done");
    let asked = tunnel.asked.lock().expect("no thread panics").clone();
    assert!(asked.len() >= 3 && asked.iter().all(|line| *line == format!("CONNECT {HOST}:443 HTTP/1.1")), "{asked:?}");
}

/// One of these is for the server, and the other one for somebody else: both are trusted, whichever is the system's.
#[test]
#[ignore = "needs git http-backend and openssl: run ./tests/run"]
fn git_trusts_the_system_and_what_we_trust_beside_it() {
    for is_ours in [true, false] {
        let world = World::new(EMBARK, Setup::Embedded);
        let folder = |name: &str| {
            let folder = world.app().join(name);
            std::fs::create_dir(&folder).expect("the folder can be made");
            folder
        };
        let certificates = Certificates::issue(&folder("here"), "IP:127.0.0.1");
        let others = Certificates::issue(&folder("elsewhere"), "DNS:registry.example.com");
        // By version 0 nothing is read piece by piece: git is asked.
        let serving = Serving { without_versions: true, certificates: Some(&certificates), ..Serving::default() };
        let root = world.repo.git.folder().parent().expect("it lies in a folder");
        let server = GitServer::start_with(root, &serving);
        world.configure(&world.url(), &server.url("deployment.git"));

        let own = |certificates: &Certificates| certificates.authority().display().to_string();
        let (ours, system) = if is_ours { (&certificates, &others) } else { (&others, &certificates) };
        let path = std::env::var("PATH").expect("git is on the path");
        let embark = world.embark.clone().with("PATH", &path).with("SSL_CERT_FILE", &own(system));
        let trusting = embark.clone().with("EMBARK_CA_FILE", &own(ours));
        let commit = world.commits[0].as_str();
        world.build(commit, "1", "1");
        let release = ["release", "dev", "--commit", commit, "--deploy"];
        if is_ours {
            embark.json(&release).ended(21, "failed");
        }
        let text = trusting.text(&[&["-v"], &release[..]].concat());
        assert_eq!(text.code, 0, "{}", text.stderr);
        assert!(text.stderr.contains("going on with git's own programs"), "{}", text.stderr);
        assert_eq!(world.repo.commits().len(), 2);
    }
}

#[test]
fn a_file_without_certificates_is_told() {
    let world = World::new(EMBARK, Setup::Embedded);
    let told =
        |file: &str| world.embark.clone().with("EMBARK_CA_FILE", file).json(&["status"]).ended(3, "failed").error().0;
    assert_eq!(told("is-not-there.pem"), "cannot read is-not-there.pem");
    assert_eq!(told("embark.yaml"), "embark.yaml is not as it should be");
}

/// What is asked of each system over TLS: its name, the configuration with it, and the command.
fn over_tls(world: &World, certificates: &Certificates, at: SocketAddr) -> Vec<(&'static str, Embark)> {
    let (commit, url) = (world.commits[0].as_str(), format!("https://{at}"));
    world.build(commit, "1", "1");
    let whole = fs::read_to_string(world.config_path()).expect("it is there");
    let path = std::env::var("PATH").expect("git is on the path");
    let tunnel = format!("http://{}", Tunnel::to(at).address);
    let embark = world.embark.clone().with("EMBARK_CA_FILE", &certificates.authority().display().to_string());
    let image =
        whole.replace(&format!("image: {}\n", world.image("frontend")), &format!("image: {HOST}/acme/frontend\n"));
    let git = whole.replace(&world.url(), &format!("{url}/deployment.git"));
    let github = whole.clone() + "deployments: { github: { repository: acme/deployment } }\n";
    let staging = "name: staging,";
    let argocd = whole.replace(staging, &format!("{staging} argocd: {{ server: \"{url}\", application: shop }},"));
    [
        ("registry", image, embark.clone().with("HTTPS_PROXY", &tunnel)),
        ("git", git, embark.clone().with("EMBARK_GIT_TOKEN", GIT_TOKEN).with("PATH", &path)),
        ("github", github, embark.clone().with("GITHUB_API_URL", &url).with("EMBARK_GITHUB_TOKEN", GITHUB_TOKEN)),
        ("argocd", argocd, embark.with("EMBARK_ARGOCD_TOKEN", ARGOCD_TOKEN)),
    ]
    .into_iter()
    .map(|(name, text, embark)| {
        let file = format!("{name}.yaml");
        fs::write(world.app().join(&file), text).expect("it can be written");
        (name, embark)
    })
    .collect()
}

/// Asks a system for something; returns all that is told of it.
fn ask(name: &str, embark: &Embark, commit: &str) -> String {
    let file = format!("{name}.yaml");
    let command = match name {
        "registry" => vec!["release", "dev", "--commit", commit, "--component", "frontend", "--deploy"],
        "github" => vec!["release", "dev", "--commit", commit],
        _ => vec!["status"],
    };
    let finished = embark.text(&[&["--config", &file], &command[..]].concat());
    // Argo CD is looked at beside other things, which are told all the same.
    assert!(name == "argocd" || finished.code == 21, "{name}: {} {}", finished.code, finished.stderr);
    finished.text() + &finished.stderr
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn no_system_leads_embark_from_tls_to_plain_http() {
    let world = World::new(EMBARK, Setup::Embedded);
    let folder = world.app().join("certificates");
    fs::create_dir(&folder).expect("it can be made");
    let certificates = Certificates::issue(&folder, &format!("DNS:{HOST},IP:127.0.0.1"));
    let server = Downgrade::start(&certificates);
    for (name, embark) in over_tls(&world, &certificates, server.address()) {
        let told = ask(name, &embark, &world.commits[0]);
        let (sent_on, open) = server.take_traffic();
        assert!(sent_on > 0, "{name} was asked: {told}");
        assert_eq!(open.requests(), 0, "{name}: {open}");
        // Of Argo CD's server no redirect is followed.
        let words = if name == "argocd" { "it redirects to http://" } else { "over plain HTTP" };
        assert!(told.contains(words), "{name}: {told}");
    }
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn no_host_that_a_redirect_leads_to_gets_credentials_by_another_one() {
    let world = World::new(EMBARK, Setup::Embedded);
    let folder = world.app().join("certificates");
    fs::create_dir(&folder).expect("it can be made");
    let certificates = Certificates::issue(&folder, &format!("DNS:{HOST},DNS:localhost,IP:127.0.0.1"));
    let server = Detour::start(&certificates);
    for (name, embark) in over_tls(&world, &certificates, server.address()) {
        let told = ask(name, &embark, &world.commits[0]);
        let asked = server.take_asked();
        assert!(
            asked.iter().all(|(target, has_credentials)| !target.contains("/again") && !has_credentials),
            "{asked:?}"
        );
        let (words, is_asked) =
            if name == "argocd" { ("it redirects to https://", false) } else { ("redirects on within itself", true) };
        assert!(told.contains(words) && asked.is_empty() != is_asked, "{name}: {told}\n{asked:?}");
    }
}

#[test]
#[ignore = "needs openssl: run ./tests/run"]
fn a_certificate_that_nobody_vouches_for_or_of_another_host_is_refused_by_every_way() {
    let world = World::new(EMBARK, Setup::Embedded);
    for (folder, names, trusts) in
        [("unknown", "DNS:registry.example.com,IP:127.0.0.1", false), ("other", "DNS:other.example.com", true)]
    {
        let folder = world.app().join(folder);
        fs::create_dir(&folder).expect("it can be made");
        let certificates = Certificates::issue(&folder, names);
        let server = Downgrade::start(&certificates);
        for (name, embark) in over_tls(&world, &certificates, server.address()) {
            let embark = if trusts { embark } else { embark.without("EMBARK_CA_FILE") };
            let told = ask(name, &embark, &world.commits[0]);
            let (asked, open) = server.take_traffic();
            assert_eq!((asked, open.requests()), (0, 0), "{name} was told nothing: {told}");
            assert!(told.contains("certificate"), "{name}: {told}");
        }
    }
}
