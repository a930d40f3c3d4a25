// The reverse proxy of Go's standard library, tuned as a careful user would: a large pool of kept connections, pooled
// buffers, no compression, no logging. It does what the other peers do: request id, X-Forwarded-*, Forwarded, Via.
package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"time"
)

// What the bench wants of it, as JSON in the environment.
type orders struct {
	Port        int
	Workers     []string
	Routes      int
	Certificate string
	Key         string
}

type buffers struct{ pool sync.Pool }

func (b *buffers) Get() []byte     { return b.pool.Get().([]byte) }
func (b *buffers) Put(used []byte) { b.pool.Put(used) } //nolint:staticcheck

func newProxy(workers []string, scheme string) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Director: func(request *http.Request) {
			request.URL.Scheme = "http"
			request.URL.Host = workers[rand.Intn(len(workers))]
			host, _, _ := net.SplitHostPort(request.RemoteAddr)
			id := fmt.Sprintf("%016x", rand.Uint64())
			header := request.Header
			header.Set("X-Request-Id", id)
			header.Set("X-Forwarded-Proto", scheme)
			header.Set("X-Forwarded-Host", request.Host)
			header.Set("Forwarded", "for="+host+";host=\""+request.Host+"\";proto="+scheme)
			header.Set("Via", "1.1 go")
		},
		ModifyResponse: func(response *http.Response) error {
			response.Header.Set("X-Request-Id", response.Request.Header.Get("X-Request-Id"))
			response.Header.Set("Via", "1.1 go")
			return nil
		},
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
			MaxIdleConns:        0,
			MaxIdleConnsPerHost: 1024,
			IdleConnTimeout:     60 * time.Second,
			DisableCompression:  true,
		},
		BufferPool: &buffers{sync.Pool{New: func() any { return make([]byte, 32*1024) }}},
		ErrorLog:   log.New(io.Discard, "", 0),
	}
}

// Routes are looked up by their first segment, which costs the same however many there are.
func routed(routes int, next http.Handler) http.Handler {
	if routes == 1 {
		return next
	}
	known := make(map[string]http.Handler, routes)
	for index := 0; index < routes; index++ {
		known[fmt.Sprintf("r%d", index)] = next
	}
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		segment, _, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/"), "/")
		if handler, found := known[segment]; found {
			handler.ServeHTTP(response, request)
			return
		}
		http.NotFound(response, request)
	})
}

func main() {
	var wanted orders
	if err := json.Unmarshal([]byte(os.Getenv("BENCH_PEER")), &wanted); err != nil {
		log.Fatal("BENCH_PEER: ", err)
	}
	rand.Seed(time.Now().UnixNano())
	scheme := "http"
	if wanted.Certificate != "" {
		scheme = "https"
	}
	server := &http.Server{
		Addr:     fmt.Sprintf("127.0.0.1:%d", wanted.Port),
		Handler:  routed(wanted.Routes, newProxy(wanted.Workers, scheme)),
		ErrorLog: log.New(io.Discard, "", 0),
		// HTTP/1.1 alone, as everywhere in this comparison.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	if scheme == "https" {
		log.Fatal(server.ListenAndServeTLS(wanted.Certificate, wanted.Key))
	}
	log.Fatal(server.ListenAndServe())
}
