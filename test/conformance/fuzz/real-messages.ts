/**
 * Messages as programs send them, and messages that use what smuggling rests on: what the fuzzers start from. Bytes
 * as latin1.
 */
const browser =
  "Connection: keep-alive\r\nUpgrade-Insecure-Requests: 1\r\n" +
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36\r\n" +
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\n" +
  "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" +
  "Accept-Language: de-DE,de;q=0.9,en;q=0.8\r\nCookie: sid=a1b2c3; theme=dark\r\n";

const formBody = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhi\r\n--x--\r\n';

/** As browsers, tools, libraries and other proxies write them. */
const usualRequests = [
  `GET /shop/items?page=2&sort=price HTTP/1.1\r\nHost: shop.example.com\r\n${browser}\r\n`,
  "GET / HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/8.11.0\r\nAccept: */*\r\n\r\n",
  "POST /login HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8.11.0\r\nAccept: */*\r\nContent-Length: 9\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nuser=a&b=",
  "PUT /big HTTP/1.1\r\nHost: a\r\nUser-Agent: curl/8.11.0\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nwxyz",
  'GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=0-99\r\nIf-None-Match: "abc"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n',
  "GET /metrics HTTP/1.1\r\nHost: 10.0.0.1:9100\r\nUser-Agent: Prometheus/3.0.0\r\nAccept: text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\nAccept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\n\r\n",
  "GET /healthz HTTP/1.1\r\nHost: 10.1.2.3:8080\r\nUser-Agent: kube-probe/1.31\r\nAccept: */*\r\nConnection: close\r\n\r\n",
  "POST /api HTTP/1.1\r\nHost: a\r\nUser-Agent: Go-http-client/1.1\r\nTransfer-Encoding: chunked\r\nAccept-Encoding: gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  'POST /v1/graphql HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: node\r\ncontent-length: 13\r\n\r\n{"query":"x"}',
  `POST /upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: ${formBody.length}\r\n\r\n${formBody}`,
  "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nPragma: no-cache\r\nUpgrade: websocket\r\nOrigin: http://a\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
  "GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9, 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\nX-Amzn-Trace-Id: Root=1-67-89\r\nVia: 1.1 varnish\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
  "GET / HTTP/1.0\r\nHost: a\r\nUser-Agent: ApacheBench/2.3\r\nAccept: */*\r\nConnection: Keep-Alive\r\n\r\n",
  "OPTIONS /api HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\nAccess-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-a,x-b\r\n\r\n",
  "DELETE /items/7 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x\r\nContent-Length: 0\r\n\r\n",
  "PROPFIND /dav HTTP/1.1\r\nHost: a\r\nDepth: 1\r\nContent-Length: 0\r\n\r\n",
];

const attackingRequests = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "HEAD /x HTTP/1.1\r\nhost: a\r\nConnection: keep-alive\r\n\r\n",
  "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
  "GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "GET /b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
  'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nA;x=y;z="q\\""\r\n0123456789\r\n00\r\nX-T: 1\r\n\r\n',
  "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n1\r\na\r\n2;e\r\nbc\r\n0;l\r\nX-T: 1\r\nCookie: b\r\n\r\n",
  "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
  "GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 3\r\n\r\n",
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n",
  "GET /h2c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n",
  "PATCH /t HTTP/1.1\r\nHost: a\r\nX-Tab:\ta\tb \r\nX-Obs: \xe4\xff\r\nX-Empty:\r\nContent-Length: 1\r\n\r\n1",
  "POST /x HTTP/1.1\r\nHost: a\r\nConnection: x-hop, keep-alive\r\nX-Hop: 1\r\nContent-Length: 33\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n21\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n0\r\n\r\n",
];

export const requests: readonly string[] = [...usualRequests, ...attackingRequests];

export const answers: readonly string[] = [
  'HTTP/1.1 200 OK\r\nX-Powered-By: Express\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\nETag: W/"2-x"\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n{}',
  'HTTP/1.1 304 Not Modified\r\nServer: nginx/1.27.0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive\r\nETag: "x"\r\n\r\n',
  "HTTP/1.1 302 Found\r\nLocation: https://a/b?c=d\r\nSet-Cookie: sid=1; Path=/; HttpOnly\r\nSet-Cookie: t=2; Secure\r\nVary: Accept-Encoding\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n",
  "HTTP/1.1 206 Partial Content\r\nServer: Apache/2.4.62\r\nAccept-Ranges: bytes\r\nContent-Range: bytes 0-4/10\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nServer: gunicorn\r\nConnection: close\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n",
  "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy",
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
  "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end",
  "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi",
  "HTTP/1.0 404 Not Found\r\n\r\ngone",
  "HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\n\r\n",
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\nETag: "x"\r\n\r\n',
  "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  "HTTP/1.1 500 \xc4rger\r\nX-Tab:\ta\tb \r\nX-Empty:\r\nContent-Length: 3\r\n\r\nabc",
];
