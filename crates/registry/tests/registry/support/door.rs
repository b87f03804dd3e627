use std::collections::HashMap;

use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use super::fake::{error, subject};

/// Who is let in.
#[derive(Default)]
pub(crate) enum Door {
    #[default]
    Open,
    /// Whoever sends this `Authorization`.
    Basic(&'static str),
    Bearer(Bearer),
}

/// A token server, and what it has issued.
pub(crate) struct Bearer {
    pub(crate) tokens: HashMap<String, Vec<String>>,
    pub(crate) expires_in: u64,
    /// The `Authorization` that the token server wants; nothing in particular if none.
    pub(crate) login: Option<&'static str>,
    /// The actions that it grants of those that are asked for.
    pub(crate) grants: &'static str,
    /// Whether it refuses in place of granting less.
    pub(crate) refuses: bool,
}

impl Door {
    pub(crate) fn bearer() -> Self {
        Self::Bearer(Bearer {
            tokens: HashMap::new(),
            expires_in: 300,
            login: None,
            grants: "pull,push",
            refuses: false,
        })
    }

    #[track_caller]
    pub(crate) fn tokens(&mut self) -> &mut Bearer {
        match self {
            Self::Bearer(bearer) => bearer,
            _ => panic!("there is no token server"),
        }
    }

    pub(super) fn answer(&mut self, request: &Request) -> Option<ResponseTemplate> {
        let authorization = request.headers.get("authorization").map(|value| value.to_str().unwrap());
        match self {
            Self::Open => None,
            Self::Basic(expected) if authorization == Some(expected) => None,
            Self::Basic(_) => {
                let refusal = error(401, "UNAUTHORIZED", "who are you?");
                Some(refusal.insert_header("WWW-Authenticate", "Basic realm=\"a registry\""))
            }
            Self::Bearer(bearer) if request.url.path() == "/token" => Some(bearer.issue(request, authorization)),
            Self::Bearer(bearer) => bearer.challenge(request, authorization),
        }
    }
}

impl Bearer {
    fn issue(&mut self, request: &Request, authorization: Option<&str>) -> ResponseTemplate {
        if self.login.is_some_and(|login| authorization != Some(login)) {
            return ResponseTemplate::new(401).set_body_json(json!({ "details": "wrong password" }));
        }
        let query = request.url.query_pairs();
        let mut asked: Vec<String> =
            query.filter(|(key, _)| key == "scope").map(|(_, value)| value.into_owned()).collect();
        if request.method == "POST" {
            let body = String::from_utf8(request.body.clone()).unwrap();
            let form = reqwest::Url::parse(&format!("http://localhost/?{body}")).unwrap();
            let fields: HashMap<String, String> = form.query_pairs().into_owned().collect();
            if fields["grant_type"] != "refresh_token" || fields["refresh_token"] != "a-refresh-token" {
                return ResponseTemplate::new(401);
            }
            asked = fields["scope"].split(' ').map(str::to_owned).collect();
        }
        let granted: Vec<&str> = self.grants.split(',').collect();
        let mut scopes = Vec::new();
        for scope in asked {
            let (resource, actions) = scope.rsplit_once(':').unwrap();
            let kept: Vec<&str> = actions.split(',').filter(|action| granted.contains(action)).collect();
            if self.refuses && kept.join(",") != actions {
                return ResponseTemplate::new(403).set_body_json(json!({ "details": "not for you" }));
            }
            scopes.push(format!("{resource}:{}", kept.join(",")));
        }
        let token = format!("secret-token-{}", self.tokens.len());
        self.tokens.insert(token.clone(), scopes);
        ResponseTemplate::new(200).set_body_json(json!({ "token": token, "expires_in": self.expires_in }))
    }

    fn challenge(&self, request: &Request, authorization: Option<&str>) -> Option<ResponseTemplate> {
        let (name, action) = subject(request)?;
        let mut needed = vec![(name.clone(), action)];
        let from = request.url.query_pairs().find(|(key, _)| key == "from").map(|(_, value)| value.into_owned());
        needed.extend(from.map(|from| (from, "pull")));
        let token = authorization.and_then(|value| value.strip_prefix("Bearer "));
        let scopes = token.and_then(|token| self.tokens.get(token));
        let is_granted = |(name, action): &(String, &str)| {
            scopes.into_iter().flatten().any(|scope| {
                let actions = scope.strip_prefix(&format!("repository:{name}:"));
                actions.is_some_and(|actions| actions.split(',').any(|granted| granted == *action))
            })
        };
        if needed.iter().all(is_granted) {
            return None;
        }
        let host = request.headers["host"].to_str().unwrap();
        let actions = if action == "push" { "pull,push" } else { "pull" };
        let challenge = format!(
            "Bearer realm=\"http://{host}/token\",service=\"a \\\"registry\\\", or so\",scope=\"repository:{name}:{actions}\""
        );
        Some(error(401, "UNAUTHORIZED", "authentication required").insert_header("WWW-Authenticate", challenge))
    }
}
