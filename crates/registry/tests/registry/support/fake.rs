use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embark_core::{Digest, Manifest, MediaType, Repository, Tag};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{Door, Image};

/// A registry in memory, over HTTP.
pub(crate) struct Fake {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

/// A request as the registry got it.
#[derive(Debug, Clone)]
pub(crate) struct Logged {
    /// E.g. `HEAD manifests/1.0.0` or `GET /token`.
    pub(crate) line: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Logged {
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// What answers in place of the registry.
type Fault = Box<dyn FnMut(&Request) -> Option<ResponseTemplate> + Send>;

#[derive(Default)]
struct State {
    manifests: BTreeMap<(String, String), (String, Vec<u8>)>,
    blobs: BTreeMap<(String, String), Vec<u8>>,
    log: Vec<Logged>,
    fault: Option<Fault>,
    door: Door,
    states_no_digest: bool,
    mounts: Option<u16>,
    lists_referrers: bool,
    states_no_subject: bool,
}

struct Responder(Arc<Mutex<State>>);

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = lock(&self.0);
        state.log.push(logged(request));
        if let Some(answer) = state.fault.as_mut().and_then(|fault| fault(request)) {
            return answer;
        }
        if let Some(answer) = state.door.answer(request) {
            return answer;
        }
        state.answer(request)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn logged(request: &Request) -> Logged {
    let path = request.url.path();
    let rest = split(path).map_or(path.to_owned(), |(_, kind, reference)| format!("{kind}/{reference}"));
    let headers = request.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    Logged {
        line: format!("{} {rest}", request.method),
        query: request.url.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body: request.body.clone(),
    }
}

/// Splits a path into the repository's name, `manifests`, `blobs`, `tags` or `referrers`, and what follows.
fn split(path: &str) -> Option<(&str, &'static str, &str)> {
    let rest = path.strip_prefix("/v2/")?;
    ["manifests", "blobs", "tags", "referrers"].into_iter().find_map(|kind| {
        let (name, reference) = rest.split_once(&format!("/{kind}/"))?;
        Some((name, kind, reference))
    })
}

/// Returns the name of the repository that a request is about, and what it does there.
pub(super) fn subject(request: &Request) -> Option<(String, &'static str)> {
    let (name, ..) = split(request.url.path())?;
    Some((name.to_owned(), if matches!(request.method.as_str(), "GET" | "HEAD") { "pull" } else { "push" }))
}

/// A fault for requests with one method whose path ends so.
pub(crate) fn of(
    method: &'static str,
    end: &'static str,
    mut answer: impl FnMut() -> ResponseTemplate + Send + 'static,
) -> impl FnMut(&Request) -> Option<ResponseTemplate> + Send + 'static {
    move |request| (request.method == method && request.url.path().ends_with(end)).then(&mut answer)
}

impl State {
    fn answer(&mut self, request: &Request) -> ResponseTemplate {
        let query: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        let Some((name, kind, reference)) = split(request.url.path()) else { return ResponseTemplate::new(404) };
        let key = (name.to_owned(), reference.to_owned());
        match (request.method.as_str(), kind) {
            ("GET" | "HEAD", "manifests") => match self.manifests.get(&key) {
                Some((content_type, bytes)) => self.manifest(content_type, bytes),
                None => error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            },
            ("PUT", "manifests") => {
                let content_type = request.headers["content-type"].to_str().unwrap().to_owned();
                let missing = self.missing(name, &content_type, &request.body);
                if let Some(missing) = missing {
                    return error(400, "MANIFEST_BLOB_UNKNOWN", &missing);
                }
                let digest = Digest::sha256(&request.body).to_string();
                self.manifests.insert((key.0.clone(), digest), (content_type.clone(), request.body.clone()));
                self.manifests.insert(key, (content_type.clone(), request.body.clone()));
                // Without Location, as one of the large registries has it.
                let answer = self.with_digest(ResponseTemplate::new(201), &request.body);
                let manifest: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                match manifest["subject"]["digest"].as_str() {
                    Some(subject) if self.lists_referrers && !self.states_no_subject => {
                        answer.insert_header("OCI-Subject", subject)
                    }
                    _ => answer,
                }
            }
            ("GET" | "HEAD", "blobs") => match self.blobs.get(&key) {
                Some(bytes) => ResponseTemplate::new(200).set_body_bytes(bytes.clone()),
                None => error(404, "BLOB_UNKNOWN", "blob unknown"),
            },
            ("GET", "tags") => self.tags(name),
            ("GET", "referrers") if self.lists_referrers => self.referrers(name, reference),
            ("GET", _) => ResponseTemplate::new(404),
            ("POST", _) => self.begin(name, &query),
            ("PUT", _) => {
                let stated: Option<Digest> = query.get("digest").and_then(|digest| digest.parse().ok());
                let found = stated.filter(|stated| *stated == Digest::of(stated.algorithm(), &request.body));
                let Some(digest) = found else { return error(400, "DIGEST_INVALID", "digest invalid") };
                let digest = digest.to_string();
                self.blobs.insert((key.0, digest), request.body.clone());
                ResponseTemplate::new(201)
            }
            ("DELETE", _) => ResponseTemplate::new(204),
            _ => ResponseTemplate::new(405),
        }
    }

    fn manifest(&self, content_type: &str, bytes: &[u8]) -> ResponseTemplate {
        self.with_digest(ResponseTemplate::new(200).set_body_raw(bytes, content_type), bytes)
    }

    fn with_digest(&self, answer: ResponseTemplate, bytes: &[u8]) -> ResponseTemplate {
        if self.states_no_digest {
            return answer;
        }
        answer.insert_header("Docker-Content-Digest", Digest::sha256(bytes).as_str())
    }

    fn tags(&self, name: &str) -> ResponseTemplate {
        let references = self.manifests.keys().filter(|(of, _)| of == name).map(|(_, reference)| reference);
        let tags: Vec<&String> = references.filter(|reference| !reference.contains(':')).collect();
        if self.manifests.keys().any(|(of, _)| of == name) {
            ResponseTemplate::new(200).set_body_json(json!({ "name": name, "tags": tags }))
        } else {
            error(404, "NAME_UNKNOWN", "repository name not known to registry")
        }
    }

    fn referrers(&self, name: &str, subject: &str) -> ResponseTemplate {
        let manifests = self.manifests.iter().filter(|((of, reference), _)| of == name && reference.contains(':'));
        let listed = manifests.filter(|(_, (_, bytes))| {
            let manifest: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            manifest["subject"]["digest"] == subject
        });
        let listed: Vec<serde_json::Value> = listed
            .map(|((_, digest), (media_type, bytes))| {
                json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
            })
            .collect();
        let index = json!({ "schemaVersion": 2, "mediaType": MediaType::OciIndex.as_str(), "manifests": listed });
        ResponseTemplate::new(200).set_body_raw(index.to_string(), MediaType::OciIndex.as_str())
    }

    fn begin(&mut self, name: &str, query: &BTreeMap<String, String>) -> ResponseTemplate {
        let status = self.mounts.unwrap_or(201);
        if let (Some(digest), Some(from)) = (query.get("mount"), query.get("from")) {
            let blob = self.blobs.get(&(from.clone(), digest.clone())).cloned();
            if let (201, Some(blob)) = (status, blob) {
                self.blobs.insert((name.to_owned(), digest.clone()), blob);
                return ResponseTemplate::new(201);
            }
            if status != 202 {
                return error(status, "DENIED", "no mounts");
            }
        }
        let place = format!("/v2/{name}/blobs/uploads/an-upload?_state=x%3Dy");
        ResponseTemplate::new(202).insert_header("Location", place)
    }

    /// Returns what a manifest names that is not there.
    fn missing(&self, name: &str, content_type: &str, body: &[u8]) -> Option<String> {
        let value: serde_json::Value = serde_json::from_slice(body).ok()?;
        let is_index = content_type.parse::<MediaType>().is_ok_and(MediaType::is_index);
        let lists = if is_index { vec![&value["manifests"]] } else { vec![&value["layers"]] };
        let listed = lists.into_iter().filter_map(|list| list.as_array()).flatten().chain([&value["config"]]);
        let digests = listed.filter(|entry| entry["urls"].is_null()).filter_map(|entry| entry["digest"].as_str());
        let mut missing = digests.filter(|digest| {
            let key = (name.to_owned(), (*digest).to_owned());
            !self.manifests.contains_key(&key) && !self.blobs.contains_key(&key)
        });
        missing.next().map(str::to_owned)
    }
}

pub(crate) fn error(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(serde_json::json!({ "errors": [{ "code": code, "message": message, "detail": null }] }))
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let server = MockServer::start().await;
        let state = Arc::<Mutex<State>>::default();
        Mock::given(any()).respond_with(Responder(Arc::clone(&state))).mount(&server).await;
        Self { server, state }
    }

    /// Starts one that lets in only whom `door` does.
    pub(crate) async fn behind(door: Door) -> Self {
        let fake = Self::start().await;
        lock(&fake.state).door = door;
        fake
    }

    pub(crate) fn host(&self) -> String {
        self.server.address().to_string()
    }

    pub(crate) fn url(&self) -> String {
        self.server.uri()
    }

    pub(crate) fn repository(&self, name: &str) -> Repository {
        format!("{}/{name}", self.host()).parse().unwrap()
    }

    /// Has `fault` answer in place of the registry, wherever it does.
    pub(crate) fn fails(&self, fault: impl FnMut(&Request) -> Option<ResponseTemplate> + Send + 'static) {
        lock(&self.state).fault = Some(Box::new(fault));
    }

    /// Leaves `Docker-Content-Digest` out from now on.
    pub(crate) fn states_no_digest(&self) {
        lock(&self.state).states_no_digest = true;
    }

    /// Lists referrers from now on, as registries do that know of them.
    pub(crate) fn lists_referrers(&self) {
        lock(&self.state).lists_referrers = true;
    }

    /// Leaves `OCI-Subject` out from now on.
    pub(crate) fn states_no_subject(&self) {
        lock(&self.state).states_no_subject = true;
    }

    /// Answers mounts with this status.
    pub(crate) fn answers_mounts_with(&self, status: u16) {
        lock(&self.state).mounts = Some(status);
    }

    pub(crate) fn change_door(&self, change: impl FnOnce(&mut Door)) {
        change(&mut lock(&self.state).door);
    }

    pub(crate) fn push(&self, name: &str, tag: &str, image: &Image) {
        let mut state = lock(&self.state);
        for blob in &image.blobs {
            state.blobs.insert((name.into(), Digest::sha256(blob).to_string()), blob.clone());
        }
        for manifest in image.children.iter().chain([&image.manifest]) {
            put(&mut state, name, &manifest.digest().to_string(), manifest);
        }
        put(&mut state, name, tag, &image.manifest);
    }

    /// Puts other bytes in place of a blob.
    pub(crate) fn damage(&self, name: &str, digest: &Digest, bytes: Option<&[u8]>) {
        let mut state = lock(&self.state);
        let key = (name.to_owned(), digest.to_string());
        match bytes {
            Some(bytes) => state.blobs.insert(key, bytes.to_vec()),
            None => state.blobs.remove(&key),
        };
    }

    /// Returns content type and bytes of what a tag names.
    pub(crate) fn get(&self, name: &str, tag: &str) -> Option<(String, Vec<u8>)> {
        lock(&self.state).manifests.get(&(name.into(), tag.into())).cloned()
    }

    #[track_caller]
    pub(crate) fn assert_holds(&self, name: &str, tag: &Tag, image: &Image) {
        let content = (image.manifest.media_type().to_string(), image.manifest.bytes().to_vec());
        assert_eq!(self.get(name, tag.as_str()), Some(content));
        for child in &image.children {
            let content = (child.media_type().to_string(), child.bytes().to_vec());
            assert_eq!(self.get(name, child.digest().as_str()), Some(content));
        }
        let state = lock(&self.state);
        for blob in &image.blobs {
            assert_eq!(state.blobs.get(&(name.into(), Digest::sha256(blob).to_string())), Some(blob));
        }
    }

    /// Hands out the requests since it was last asked.
    pub(crate) fn take_log(&self) -> Vec<Logged> {
        std::mem::take(&mut lock(&self.state).log)
    }

    /// Hands out the requests since it was last asked, one line each.
    pub(crate) fn take_lines(&self) -> Vec<String> {
        self.take_log().into_iter().map(|logged| logged.line).collect()
    }
}

fn put(state: &mut State, name: &str, reference: &str, manifest: &Manifest) {
    let content = (manifest.media_type().to_string(), manifest.bytes().to_vec());
    state.manifests.insert((name.into(), reference.into()), content);
}
