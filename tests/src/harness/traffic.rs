//! What passed through a server, for tests that count.

/// One request and its answer, as they passed.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The connection, counted from 0.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The status of the answer.
    pub status: u16,
    /// The bytes of the request's body.
    pub up: usize,
    /// The bytes of the answer's body.
    pub down: usize,
}

/// All that passed since the last look.
#[derive(Debug, Clone, Default)]
pub struct Traffic(pub Vec<Exchange>);

impl Traffic {
    /// Counts the requests.
    pub fn requests(&self) -> usize {
        self.0.len()
    }

    /// Counts the connections that carried a request.
    pub fn connections(&self) -> usize {
        let mut connections: Vec<usize> = self.0.iter().map(|exchange| exchange.connection).collect();
        connections.sort_unstable();
        connections.dedup();
        connections.len()
    }

    /// Adds up the bodies of the answers, in bytes.
    pub fn down(&self) -> usize {
        self.0.iter().map(|exchange| exchange.down).sum()
    }

    /// Adds up the bodies of the requests, in bytes.
    pub fn up(&self) -> usize {
        self.0.iter().map(|exchange| exchange.up).sum()
    }
}

impl std::fmt::Display for Traffic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for Exchange { connection, method, target, status, up, down } in &self.0 {
            writeln!(f, "  [{connection}] {method} {target} -> {status}, {up} bytes up, {down} bytes down")?;
        }
        let (requests, connections) = (self.requests(), self.connections());
        write!(f, "{requests} requests, {connections} connections, {} bytes up, {} bytes down", self.up(), self.down())
    }
}
