//! A small HTTP/1.1 server on a free loopback port that counts what passes.

use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::http::{Request, Response, Sent, read_request, write_response};
use super::traffic::{Exchange, Traffic};

type Handler = dyn Fn(&Request) -> Response + Send + Sync;

/// The server; it stops accepting when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<Exchange>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    pub(crate) fn start(handler: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free loopback port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (log, stopped) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let server = Self { address, log: Arc::clone(&log), stopped: Arc::clone(&stopped) };
        let handler: Arc<Handler> = Arc::new(handler);
        let connections = Arc::new(AtomicUsize::new(0));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (handler, log, connections) = (Arc::clone(&handler), Arc::clone(&log), Arc::clone(&connections));
                // A client that goes away in the middle of a request is no fault of the server.
                std::thread::spawn(move || serve(stream, &*handler, &log, &connections).is_ok());
            }
        });
        server
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Hands out what passed since it was last asked.
    pub(crate) fn take_traffic(&self) -> Traffic {
        Traffic(std::mem::take(&mut *self.log.lock().expect("no thread panics with the log")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection; if that fails it waits in vain, which harms nobody.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(
    stream: TcpStream,
    handler: &Handler,
    log: &Mutex<Vec<Exchange>>,
    connections: &AtomicUsize,
) -> std::io::Result<()> {
    // Without it each answer waits for the client's delayed acknowledgement.
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut connection = None;
    while let Some(request) = read_request(&mut reader, &mut writer)? {
        let connection = *connection.get_or_insert_with(|| connections.fetch_add(1, Ordering::SeqCst));
        let response = handler(&request);
        log.lock().expect("no thread panics with the log").push(Exchange {
            connection,
            method: request.method.clone(),
            target: request.target.clone(),
            status: response.status,
            up: request.body.len(),
            down: response.body.len(),
        });
        write_response(&mut writer, &request, &response)?;
        if response.sent != Sent::Whole {
            return Ok(());
        }
    }
    Ok(())
}
