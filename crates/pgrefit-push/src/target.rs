//! Whom metrics are sent to, and how one request is made.

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use url::Url;

use crate::Error;

/// So much of an answer is read and shown.
const ANSWER_CHARACTERS: usize = 300;

/// Whom metrics are sent to. Its `Debug` and `Display` leave out the user and the password of the URL, and the headers.
#[derive(Clone)]
pub struct Target {
    url: Url,
    headers: HeaderMap,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.shown()).finish()
    }
}

impl Target {
    /// `http://host:port` or `https://user:password@host/prefix`.
    ///
    /// # Errors
    /// [`Error::Target`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let url = Url::parse(text.trim()).map_err(|_| Error::Target { why: "it is no URL" })?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(Error::Target { why: "it begins with neither http:// nor https://" });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::Target { why: "it has something behind ? or #" });
        }
        Ok(Self { url, headers: HeaderMap::new() })
    }

    /// With more headers: `name=value,name=value`, each value percent-encoded where it must be, as OpenTelemetry's variable
    /// has them.
    ///
    /// # Errors
    /// [`Error::Headers`].
    pub fn with_headers(mut self, text: &str) -> Result<Self, Error> {
        for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
            let (name, value) = header(pair).ok_or_else(|| Error::Headers { to: self.shown() })?;
            self.headers.insert(name, value);
        }
        Ok(self)
    }

    /// The URL with these segments behind its path.
    pub(crate) fn below(&self, segments: &[&str]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Posts a text. The whole attempt is bounded by `limit`; it is made once. A redirection is not followed: it would take the
    /// password to another server.
    pub(crate) async fn post(
        &self,
        url: Url,
        content_type: &'static str,
        body: String,
        limit: Duration,
    ) -> Result<String, Error> {
        // The first one counts; without one the client would not be built.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(limit).redirect(Policy::none()).build();
        let client = client.map_err(self.failed())?;
        let request = client.post(url).headers(self.headers.clone()).header(CONTENT_TYPE, content_type);
        let response = request.body(body).send().await.map_err(self.failed())?;
        let status = response.status();
        let answer = self.read(response).await?;
        if status.is_success() {
            return Ok(answer);
        }
        Err(self.refused(status.as_u16(), &answer))
    }

    /// The beginning of an answer; the rest is nobody's concern.
    async fn read(&self, mut response: reqwest::Response) -> Result<String, Error> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(self.failed())? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > ANSWER_CHARACTERS * 4 {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(crate) fn refused(&self, status: u16, answer: &str) -> Error {
        let line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
        let answer = line.chars().filter(|c| !c.is_control()).take(ANSWER_CHARACTERS).collect();
        Error::Refused { to: self.shown(), status, answer }
    }

    fn failed(&self) -> impl Fn(reqwest::Error) -> Error {
        let to = self.shown();
        move |error| Error::Send { to: to.clone(), source: error.without_url() }
    }

    /// Scheme, host, port and path.
    pub(crate) fn shown(&self) -> String {
        let mut url = self.url.clone();
        // Neither can fail: the URL has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.to_string()
    }
}

fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let name = name.trim().parse().ok()?;
    let mut value = HeaderValue::from_bytes(&decoded(value.trim())?).ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

/// `%20` and its like as the bytes they stand for.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &tail[2..];
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let check = |text: &str, expected: &str| {
            let shown =
                Target::parse(text).map_or_else(|error| error.to_string(), |target| target.to_string());
            assert!(shown.contains(expected), "{text}: {shown}");
            assert!(!shown.contains("geheim"), "{shown}");
        };
        check("http://gateway:9091", "http://gateway:9091/");
        check(" https://me:geheim@gateway/prefix/ ", "https://gateway/prefix/");
        check("gateway:9091", "neither http:// nor https://");
        check("gateway", "it is no URL");
        check("file:///etc/passwd", "neither http:// nor https://");
        check("http://gateway/?token=geheim", "behind ? or #");
    }

    #[test]
    fn paths_are_put_behind() {
        let check = |text: &str, expected: &str| {
            let url = Target::parse(text).expect("an address").below(&["v1", "a b/c"]);
            assert_eq!(url.as_str(), expected);
        };
        check("http://h:1", "http://h:1/v1/a%20b%2Fc");
        check("http://h:1/", "http://h:1/v1/a%20b%2Fc");
        check("http://h:1/x/y/", "http://h:1/x/y/v1/a%20b%2Fc");
        check("http://h:1/x", "http://h:1/x/v1/a%20b%2Fc");
    }

    #[test]
    fn headers() {
        let check = |text: &str, expected: Option<&[(&str, &str)]>| {
            let target = Target::parse("http://h").expect("an address").with_headers(text);
            let found = target.ok().map(|target| {
                assert!(!format!("{target:?}{:?}", target.headers).contains("geheim"));
                let pair = |(name, value): (&HeaderName, &HeaderValue)| {
                    (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
                };
                target.headers.iter().map(pair).collect::<Vec<_>>()
            });
            let expected =
                expected.map(|all| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect());
            assert_eq!(found, expected, "{text}");
        };
        check("", Some(&[]));
        check("authorization=Bearer%20geheim", Some(&[("authorization", "Bearer geheim")]));
        check("a=1, b=x=y ,", Some(&[("a", "1"), ("b", "x=y")]));
        check("a", None);
        check("a b=1", None);
        check("a=%2", None);
        check("a=%zz", None);
        check("a=%0a", None);
    }
}
