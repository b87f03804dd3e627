//! A small HTTP/1.1 server on a free loopback port that counts what passes.

use std::cell::RefCell;
use std::io::{self, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

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
        Self::start_with(None, handler)
    }

    /// Starts one that is reached by TLS, if there is a configuration of that.
    pub(crate) fn start_with(
        tls: Option<Arc<ServerConfig>>,
        handler: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Self {
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
                let tls = tls.clone();
                // A client that goes away in the middle of a request is no fault of the server.
                std::thread::spawn(move || serve(stream, tls, &*handler, &log, &connections).is_ok());
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

/// A stream that is read and written at its two ends; over TLS they are of one state.
#[derive(Clone)]
struct Shared(Rc<RefCell<StreamOwned<ServerConnection, TcpStream>>>);

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    handler: &Handler,
    log: &Mutex<Vec<Exchange>>,
    connections: &AtomicUsize,
) -> io::Result<()> {
    // Without it each answer waits for the client's delayed acknowledgement.
    stream.set_nodelay(true)?;
    if let Some(tls) = tls {
        let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
        let shared = Shared(Rc::new(RefCell::new(StreamOwned::new(connection, stream))));
        return answer_all(shared.clone(), shared, handler, log, connections);
    }
    answer_all(stream.try_clone()?, stream, handler, log, connections)
}

fn answer_all(
    reader: impl Read,
    mut writer: impl Write,
    handler: &Handler,
    log: &Mutex<Vec<Exchange>>,
    connections: &AtomicUsize,
) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
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
        writer.flush()?;
        if response.sent != Sent::Whole {
            return Ok(());
        }
    }
    Ok(())
}
