//! HTTP/1.1, as far as the servers of the harness need it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A request that was read to its end.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub(crate) fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }
}

/// A whole answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How much of it is sent before the connection is closed.
    pub(crate) sent: Sent,
}

/// How much of an answer is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sent {
    /// All of it, and the connection stays open.
    #[default]
    Whole,
    /// The headers, and so many bytes of the body.
    Part(usize),
    /// Nothing.
    Nothing,
}

impl Response {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// Reads a request to its end; `None` if the client has gone.
pub(crate) fn read_request(reader: &mut impl BufRead, writer: &mut impl Write) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers = read_headers(reader)?;
    if header(&headers, "expect").is_some() {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = if header(&headers, "transfer-encoding").is_some() {
        read_chunks(reader)?
    } else {
        let length = header(&headers, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        body
    };
    Ok(Some(Request { method, target, headers, body }))
}

/// Reads header lines up to the empty one.
pub(crate) fn read_headers(reader: &mut impl BufRead) -> std::io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { return Ok(headers) };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn read_chunks(reader: &mut impl BufRead) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let size = usize::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16)
            .map_err(std::io::Error::other)?;
        let mut chunk = vec![0; size + 2];
        reader.read_exact(&mut chunk)?;
        body.extend_from_slice(&chunk[..size]);
        if size == 0 {
            return Ok(body);
        }
    }
}

/// Writes an answer, as much as is to be sent of it, in one piece.
pub(crate) fn write_response(writer: &mut impl Write, request: &Request, response: &Response) -> std::io::Result<()> {
    let mut bytes = format!("HTTP/1.1 {} Answer\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    if header(&response.headers, "content-length").is_none() {
        bytes.extend_from_slice(format!("Content-Length: {}\r\n", response.body.len()).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    let body = match response.sent {
        Sent::Whole => &response.body[..],
        Sent::Part(length) => &response.body[..length],
        Sent::Nothing => return Ok(()),
    };
    if request.method != "HEAD" {
        bytes.extend_from_slice(body);
    }
    writer.write_all(&bytes)
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Passes a request on to another server, and its answer back.
pub(crate) fn forward(to: SocketAddr, request: &Request) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(to)?;
    // In HTTP/1.0 the answer is not chunked, and ends where the connection does.
    let mut bytes = format!("{} {} HTTP/1.0\r\n", request.method, request.target).into_bytes();
    for (name, value) in &request.headers {
        if !["connection", "transfer-encoding", "content-length", "expect"]
            .iter()
            .any(|hop| name.eq_ignore_ascii_case(hop))
        {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
    }
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", request.body.len()).as_bytes());
    bytes.extend_from_slice(&request.body);
    stream.write_all(&bytes)?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_whitespace().nth(1).and_then(|status| status.parse().ok()).unwrap_or(502);
    let mut headers = read_headers(&mut reader)?;
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("connection"));
    // A server may keep the connection open all the same.
    let length = header(&headers, "content-length").and_then(|length| length.parse().ok());
    let length = if request.method == "HEAD" { 0 } else { length.unwrap_or(u64::MAX) };
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    Ok(Response { status, headers, body, sent: Sent::Whole })
}
