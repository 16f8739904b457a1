//! A real proxy in front of a server: its process, its certificate, connections to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcpgen_tests_http::wire::Connection;
use mcpgen_tests_interop::{in_ci, say};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The name in the configuration files.
pub const NAME: &str = "mcp.example.com";

/// A proxy that is tested.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Nginx,
    Caddy,
}

impl Kind {
    fn binary(self) -> PathBuf {
        let name = match self {
            Self::Nginx => "nginx",
            Self::Caddy => "caddy",
        };
        // Debian keeps servers where only root looks for them.
        let dirs = std::env::var_os("PATH").unwrap_or_default();
        let dirs = std::env::split_paths(&dirs).chain([PathBuf::from("/usr/sbin")]);
        dirs.map(|dir| dir.join(name)).find(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(name))
    }

    /// Whether it is here. Without it CI fails, and a person is told.
    pub fn is_here(self) -> bool {
        let flag = match self {
            Self::Nginx => "-v",
            Self::Caddy => "version",
        };
        let here = Command::new(self.binary()).arg(flag).output().is_ok_and(|output| output.status.success());
        if !here {
            assert!(!in_ci(), "{self:?} is missing, and CI must have it: apt-get install nginx-light caddy");
            say(&format!("SKIPPED: {self:?} is not installed (Debian: apt-get install nginx-light caddy)\n"));
        }
        here
    }

    /// The configuration of the documentation, with nothing changed but where things are.
    fn configuration(self, folder: &Path, port: u16, upstream: SocketAddr) -> String {
        let file = match self {
            Self::Nginx => "nginx.conf",
            Self::Caddy => "Caddyfile",
        };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("proxies").join(file);
        let mut text = std::fs::read_to_string(path).unwrap();
        let mut put = |what: &str, there: &str| {
            // In the comments the server's address stands too.
            assert_eq!(
                text.lines().filter(|line| !line.trim_start().starts_with('#') && line.contains(what)).count(),
                1
            );
            text = text.replace(what, there);
        };
        put("127.0.0.1:8080", &upstream.to_string());
        put("/etc/ssl/mcp.example.com.pem", folder.join("chain.pem").to_str().unwrap());
        put("/etc/ssl/mcp.example.com.key", folder.join("key.pem").to_str().unwrap());
        match self {
            Self::Nginx => {
                put("listen 443 ", &format!("listen 127.0.0.1:{port} "));
                // What Debian's /etc/nginx/nginx.conf says around it, for one process that owns a folder only.
                let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|name| format!("{name}_temp_path {};\n", folder.join(name).display()))
                    .concat();
                format!(
                    "daemon off;\nmaster_process off;\npid {};\nevents {{}}\nhttp {{\naccess_log off;\ngzip on;\n\
                     {temporary}{text}}}\n",
                    folder.join("pid").display()
                )
            }
            Self::Caddy => format!(
                "{{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n\thttps_port {port}\n\
                 \tservers {{\n\t\tprotocols h1 h2\n\t}}\n}}\n{text}"
            ),
        }
    }
}

/// A running proxy.
pub struct Front {
    child: Child,
    address: SocketAddr,
    authority: CertificateDer<'static>,
    folder: PathBuf,
}

impl Front {
    /// Starts a proxy in front of the server at this address.
    pub async fn start(kind: Kind, upstream: SocketAddr) -> Self {
        for _ in 0..3 {
            match Self::try_start(kind, upstream).await {
                Ok(front) => return front,
                // Somebody else may have taken the port meanwhile.
                Err(log) => say(&format!("{kind:?} did not start: {log}\n")),
            }
        }
        panic!("{kind:?} does not start");
    }

    async fn try_start(kind: Kind, upstream: SocketAddr) -> Result<Self, String> {
        let folder = format!("{kind:?}-{}-{}", std::process::id(), upstream.port());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        let authority = certificates(&folder);
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let file = folder.join("configuration");
        std::fs::write(&file, kind.configuration(&folder, address.port(), upstream)).unwrap();
        let mut command = Command::new(kind.binary());
        match kind {
            Kind::Nginx => command.arg("-p").arg(&folder).args(["-e", "stderr"]).arg("-c").arg(&file),
            Kind::Caddy => command
                .args(["run", "--adapter", "caddyfile", "--config"])
                .arg(&file)
                .envs(["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"].map(|name| (name, &folder))),
        };
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut front = Self { child, address, authority, folder };
        let started = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            let ended = front.child.try_wait().unwrap();
            if ended.is_some() || started.elapsed() > Duration::from_secs(20) {
                return Err(front.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(front)
    }

    /// What it wrote to standard error.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// A connection with TLS and HTTP/1.1, or HTTP/2 where the proxy agrees to it.
    pub async fn connect(&self, two: bool) -> Connection {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let mut config = versions.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![if two { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from(NAME).unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        match stream.get_ref().1.alpn_protocol() {
            Some(b"h2") => Connection::two(stream).await,
            _ => {
                assert!(!two, "the proxy speaks HTTP/2");
                Connection::one(stream).await
            }
        }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A local authority and a certificate from it for [`NAME`]: `chain.pem` and `key.pem`.
fn certificates(folder: &Path) -> CertificateDer<'static> {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = authority.self_signed(&key).unwrap().der().clone();
    let issuer = Issuer::new(authority, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![NAME.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("chain.pem"), leaf.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    root
}
