//! HTTP requests and responses of handshakes.

use crate::query::Target;
use bytes::{Buf, BytesMut};

pub(crate) struct Request {
    pub(crate) method: String,
    /// As it was sent, query included.
    pub(crate) raw_target: String,
    pub(crate) target: Target,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    /// Takes the head of a request from the front of `buffer`, or returns `None` if more bytes are needed.
    pub(crate) fn parse(buffer: &mut BytesMut) -> Result<Option<Self>, String> {
        let mut headers = [httparse::EMPTY_HEADER; 256];
        let mut head = httparse::Request::new(&mut headers);
        let length = match head.parse(buffer) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if buffer.len() > 256 * 1024 => {
                return Err("endless request".into());
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(error) => return Err(format!("request: {error}")),
        };
        if head.version != Some(1) {
            return Err("not HTTP/1.1".into());
        }
        let raw_target = head.path.unwrap_or_default().to_owned();
        let headers = head.headers.iter().map(|header| {
            let value = String::from_utf8_lossy(header.value).trim().to_owned();
            (header.name.to_ascii_lowercase(), value)
        });
        let request = Request {
            method: head.method.unwrap_or_default().to_owned(),
            target: Target::parse(&raw_target),
            raw_target,
            headers: headers.collect(),
        };
        buffer.advance(length);
        Ok(Some(request))
    }

    /// Returns the first header with this lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Returns the headers as a JSON object. Values of the same name are joined by `", "`.
    pub(crate) fn headers_json(&self) -> String {
        let mut joined: Vec<(&str, String)> = Vec::new();
        for (name, value) in &self.headers {
            match joined.iter_mut().find(|(n, _)| n == name) {
                Some((_, values)) => *values = format!("{values}, {value}"),
                None => joined.push((name, value.clone())),
            }
        }
        let members: Vec<String> =
            joined.iter().map(|(name, value)| format!("{}:{}", json_string(name), json_string(value))).collect();
        format!("{{{}}}", members.join(","))
    }
}

fn json_string(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c < ' ' => out += &format!("\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out + "\""
}

pub(crate) struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16) -> Self {
        Response { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn push(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Adds the headers that the query gives as `header=Name:Value`.
    pub(crate) fn push_all(&mut self, target: &Target) {
        for header in target.all("header") {
            if let Some((name, value)) = header.split_once(':') {
                self.push(name.trim(), value.trim());
            }
        }
    }

    /// Returns an ordinary response with a body. The connection ends after it.
    pub(crate) fn ordinary(status: u16, body: Vec<u8>, chunked: bool) -> Self {
        let mut response = Response::new(status);
        response.push("Content-Type", "text/plain");
        response.push("Connection", "close");
        if chunked {
            response.push("Transfer-Encoding", "chunked");
            for chunk in body.chunks(1000) {
                response.body.extend(format!("{:x}\r\n", chunk.len()).bytes());
                response.body.extend(chunk.iter().chain(b"\r\n"));
            }
            response.body.extend(b"0\r\n\r\n");
        } else {
            response.push("Content-Length", body.len().to_string());
            response.body = body;
        }
        response
    }

    /// Returns the response of `/http`.
    pub(crate) fn requested(target: &Target) -> Self {
        let body = match target.get("body") {
            Some(body) => body.as_bytes().to_vec(),
            None => vec![b'x'; target.number("body_len").unwrap_or(0)],
        };
        let mut response = Response::ordinary(target.number("status").unwrap_or(200), body, target.flag("chunked"));
        if let Some(location) = target.get("location") {
            response.push("Location", location);
        }
        response.push_all(target);
        response
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, phrase(self.status));
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }
}

fn phrase(status: u16) -> &'static str {
    match status {
        101 => "Switching Protocols",
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_json() {
        let head = b"GET /a?b=1 HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nx-a: say \"\\\"\t.\r\n\r\nrest";
        let mut buffer = BytesMut::from(&head[..]);
        let request = Request::parse(&mut buffer).unwrap().unwrap();
        assert_eq!(request.raw_target, "/a?b=1");
        assert_eq!(request.headers_json(), r#"{"host":"h","x-a":"1, say \"\\\"\u0009."}"#);
        assert_eq!(&buffer[..], b"rest");
    }

    #[test]
    fn chunks() {
        let bytes = Response::ordinary(401, vec![b'x'; 1001], true).bytes();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("HTTP/1.1 401 Unauthorized\r\n"));
        assert!(text.ends_with("x\r\n1\r\nx\r\n0\r\n\r\n") && text.contains("\r\n\r\n3e8\r\nx"));
    }
}
