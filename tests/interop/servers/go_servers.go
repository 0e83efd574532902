// Two libraries of Go; the argument chooses: gorilla/websocket, or nhooyr.io/websocket, which became coder/websocket.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	nhooyr "nhooyr.io/websocket"
)

var (
	lock      sync.Mutex
	lastClose string
)

func closed(code int, reason string) {
	lock.Lock()
	defer lock.Unlock()
	lastClose = strings.TrimSpace(fmt.Sprintf("%d %s", code, reason))
}

func latest() []byte {
	lock.Lock()
	defer lock.Unlock()
	return []byte(lastClose)
}

// Splits an order into its name, a code and a reason.
func parse(isText bool, data []byte) (string, int, string) {
	if !isText {
		return "", 0, ""
	}
	words := append(strings.SplitN(string(data), " ", 3), "", "")
	code, _ := strconv.Atoi(words[1])
	return words[0], code, words[2]
}

// A frame has as many bytes of a message that is written in parts.
var upgrader = websocket.Upgrader{EnableCompression: true, WriteBufferSize: 5, CheckOrigin: anyOrigin}

func anyOrigin(*http.Request) bool { return true }

func gorilla(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	c.SetPongHandler(func(string) error { return c.WriteMessage(websocket.TextMessage, []byte("pong")) })
	for {
		kind, data, err := c.ReadMessage()
		if err != nil {
			var close *websocket.CloseError
			if errors.As(err, &close) {
				closed(close.Code, close.Text)
			}
			return
		}
		switch order, code, reason := parse(kind == websocket.TextMessage, data); order {
		case "/fragments":
			c.EnableWriteCompression(false)
			parts, _ := c.NextWriter(websocket.TextMessage)
			parts.Write([]byte("part0part1part2"))
			parts.Close()
			c.EnableWriteCompression(true)
		case "/ping":
			c.WriteControl(websocket.PingMessage, []byte("from the server"), time.Now().Add(time.Minute))
		case "/close":
			c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Minute))
		case "/last-close":
			c.WriteMessage(websocket.TextMessage, latest())
		default:
			c.WriteMessage(kind, data)
		}
	}
}

func coder(w http.ResponseWriter, r *http.Request) {
	// InsecureSkipVerify: from pages of any origin.
	options := nhooyr.AcceptOptions{CompressionMode: nhooyr.CompressionContextTakeover, InsecureSkipVerify: true}
	c, err := nhooyr.Accept(w, r, &options)
	if err != nil {
		return
	}
	c.SetReadLimit(1 << 24)
	ctx := context.Background()
	for {
		kind, data, err := c.Read(ctx)
		if err != nil {
			var close nhooyr.CloseError
			if errors.As(err, &close) {
				closed(int(close.Code), close.Reason)
			}
			return
		}
		switch order, code, reason := parse(kind == nhooyr.MessageText, data); order {
		case "/fragments":
			parts, _ := c.Writer(ctx, nhooyr.MessageText)
			for _, part := range []string{"part0", "part1", "part2"} {
				parts.Write([]byte(part))
			}
			parts.Close()
		case "/ping":
			// Pongs are seen only while something reads.
			go func() {
				if c.Ping(ctx) == nil {
					c.Write(ctx, nhooyr.MessageText, []byte("pong"))
				}
			}()
		case "/close":
			c.Close(nhooyr.StatusCode(code), reason)
		case "/last-close":
			c.Write(ctx, nhooyr.MessageText, latest())
		default:
			c.Write(ctx, kind, data)
		}
	}
}

func main() {
	handlers := map[string]http.HandlerFunc{"gorilla": gorilla, "coder": coder}
	server := http.Server{Addr: "127.0.0.1:" + os.Getenv("PORT"), Handler: handlers[os.Args[1]]}
	if cert := os.Getenv("CERT"); cert != "" {
		log.Fatal(server.ListenAndServeTLS(cert, os.Getenv("KEY")))
	}
	log.Fatal(server.ListenAndServe())
}
