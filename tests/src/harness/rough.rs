//! The way to a server, as networks are: what is sent comes late, connections are reset, and at times nothing comes at all.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How rough it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// How late each request comes.
    pub delay: Duration,
    /// How many of a thousand requests meet a reset before the server has them, and as many of a thousand answers.
    pub resets: u64,
    /// Whether nothing comes through, until it does.
    pub hangs: bool,
}

/// The way to a server; it ends when it is dropped.
pub struct Rough {
    address: SocketAddr,
    way: Arc<Way>,
}

struct Way {
    to: SocketAddr,
    weather: Mutex<Weather>,
    dice: AtomicU64,
    resets: AtomicUsize,
    waiting: AtomicUsize,
    is_over: AtomicBool,
}

impl Rough {
    /// Leads to a server. What happens to the n-th piece of bytes is the same for the same seed.
    pub fn before(to: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free loopback port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let way = Arc::new(Way {
            to,
            weather: Mutex::default(),
            dice: AtomicU64::new(seed),
            resets: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let shared = Arc::clone(&way);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if shared.is_over() {
                    return;
                }
                let way = Arc::clone(&shared);
                // One who goes away in the middle is no fault of the way.
                std::thread::spawn(move || way.lead(client).is_ok());
            }
        });
        Self { address, way }
    }

    /// Returns where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        *self.way.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
    }

    /// Counts the connections that were reset.
    pub fn resets(&self) -> usize {
        self.way.resets.load(Ordering::SeqCst)
    }

    /// Counts the requests that have come to nothing yet, while it hangs.
    pub fn waiting(&self) -> usize {
        self.way.waiting.load(Ordering::SeqCst)
    }
}

impl Drop for Rough {
    fn drop(&mut self) {
        self.way.is_over.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

impl Way {
    fn weather(&self) -> Weather {
        *self.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Throws the dice: `SplitMix64`.
    fn is_reset(&self) -> bool {
        let chance = self.weather().resets;
        if chance == 0 {
            return false;
        }
        let state = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let is_reset = (mixed ^ (mixed >> 31)) % 1000 < chance;
        self.resets.fetch_add(usize::from(is_reset), Ordering::SeqCst);
        is_reset
    }

    fn lead(self: Arc<Self>, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(self.to)?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let back = (server.try_clone()?, client.try_clone()?);
        let way = Arc::clone(&self);
        let answers = std::thread::spawn(move || way.answers(back.0, back.1).is_ok());
        let asked = self.requests(&client, &server);
        if asked.is_err() {
            // What waits unread at the client's end makes the kernel send a reset, once the last handle of it is gone.
            server.shutdown(Shutdown::Both).ok();
        }
        drop(client);
        answers.join().map_err(|_| io::ErrorKind::Other)?;
        asked
    }

    /// Leads to the server what the client sends.
    fn requests(&self, mut client: &TcpStream, mut server: &TcpStream) -> io::Result<()> {
        let mut bytes = vec![0; 64 << 10];
        loop {
            if client.peek(&mut bytes)? == 0 {
                return server.shutdown(Shutdown::Write);
            }
            self.waiting.fetch_add(1, Ordering::SeqCst);
            while self.weather().hangs && !self.is_over() {
                std::thread::sleep(Duration::from_millis(10));
            }
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            std::thread::sleep(self.weather().delay);
            if self.is_reset() {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let count = client.read(&mut bytes)?;
            server.write_all(&bytes[..count])?;
        }
    }

    /// Leads to the client what the server answers.
    fn answers(&self, mut server: TcpStream, mut client: TcpStream) -> io::Result<()> {
        let mut bytes = vec![0; 64 << 10];
        loop {
            let count = server.read(&mut bytes)?;
            if count == 0 {
                return Ok(());
            }
            if self.is_reset() {
                client.shutdown(Shutdown::Both)?;
                return server.shutdown(Shutdown::Both);
            }
            client.write_all(&bytes[..count])?;
        }
    }
}
