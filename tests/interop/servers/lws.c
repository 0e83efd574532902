// libwebsockets.
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

// A message to send: its payload begins after LWS_PRE bytes.
struct item {
	struct item *next;
	size_t length;
	enum lws_write_protocol how;
	int closes;
	unsigned char bytes[];
};

struct session {
	struct item *first, **end;
	unsigned char *received;
	size_t length;
	int compressed;
};

static char last_close[200];

static void push(struct lws *wsi, struct session *s, const void *bytes, size_t length, int how, int closes) {
	struct item *item = malloc(sizeof *item + LWS_PRE + length + 1);
	*item = (struct item){.length = length, .how = how, .closes = closes};
	memcpy(item->bytes + LWS_PRE, bytes, length);
	item->bytes[LWS_PRE + length] = 0;
	*s->end = item;
	s->end = &item->next;
	lws_callback_on_writable(wsi);
}

static void answer(struct lws *wsi, struct session *s, int binary) {
	const char *text = binary ? "" : (const char *)s->received;
	if (!strcmp(text, "/fragments")) {
		push(wsi, s, "part0", 5, LWS_WRITE_TEXT | LWS_WRITE_NO_FIN, 0);
		push(wsi, s, "part1", 5, LWS_WRITE_CONTINUATION | LWS_WRITE_NO_FIN, 0);
		push(wsi, s, "part2", 5, LWS_WRITE_CONTINUATION, 0);
	} else if (!strcmp(text, "/ping"))
		push(wsi, s, "from the server", 15, LWS_WRITE_PING, 0);
	else if (!strncmp(text, "/close ", 7))
		push(wsi, s, text + 7, strlen(text + 7), LWS_WRITE_TEXT, 1);
	else if (!strcmp(text, "/last-close"))
		push(wsi, s, last_close, strlen(last_close), LWS_WRITE_TEXT, 0);
	else if (s->length || !s->compressed)
		// The library compresses an empty message to nothing, and aborts the program.
		push(wsi, s, s->received ? s->received : (void *)"", s->length, binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT, 0);
}

static int callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t length) {
	struct session *s = user;
	switch (why) {
	case LWS_CALLBACK_ESTABLISHED:
		*s = (struct session){.end = &s->first, .compressed = lws_hdr_total_length(wsi, WSI_TOKEN_EXTENSIONS) > 0};
		break;
	case LWS_CALLBACK_RECEIVE:
		s->received = realloc(s->received, s->length + length + 1);
		memcpy(s->received + s->length, in, length);
		s->length += length;
		s->received[s->length] = 0;
		if (lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi)) {
			answer(wsi, s, lws_frame_is_binary(wsi));
			s->length = 0;
		}
		break;
	case LWS_CALLBACK_RECEIVE_PONG:
		push(wsi, s, "pong", 4, LWS_WRITE_TEXT, 0);
		break;
	case LWS_CALLBACK_SERVER_WRITEABLE: {
		struct item *item = s->first;
		if (!item)
			break;
		unsigned char *payload = item->bytes + LWS_PRE;
		if (item->closes) {
			char *reason = strchr((char *)payload, ' ');
			lws_close_reason(wsi, atoi((char *)payload), (unsigned char *)reason + 1, strlen(reason + 1));
			return -1;
		}
		if (lws_write(wsi, payload, item->length, item->how) < 0)
			return -1;
		s->first = item->next;
		if (!s->first)
			s->end = &s->first;
		free(item);
		if (s->first)
			lws_callback_on_writable(wsi);
		break;
	}
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: {
		const unsigned char *bytes = in;
		int code = length < 2 ? 1005 : bytes[0] << 8 | bytes[1];
		snprintf(last_close, sizeof last_close, "%d %.*s", code, length < 2 ? 0 : (int)length - 2, (char *)bytes + 2);
		break;
	}
	case LWS_CALLBACK_CLOSED:
		while (s->first) {
			struct item *item = s->first;
			s->first = item->next;
			free(item);
		}
		free(s->received);
		break;
	default:
		break;
	}
	return 0;
}

int main(void) {
	static const struct lws_protocols protocols[] = {{"echo", callback, sizeof(struct session), 65536}, {0}};
	struct lws_context_creation_info info = {.port = atoi(getenv("PORT")), .iface = "127.0.0.1", .protocols = protocols};
#if !defined(LWS_WITHOUT_EXTENSIONS)
	static const struct lws_extension extensions[] = {
		{"permessage-deflate", lws_extension_callback_pm_deflate, "permessage-deflate; client_max_window_bits"}, {0}};
	info.extensions = extensions;
#endif
	if (getenv("CERT")) {
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
		info.ssl_cert_filepath = getenv("CERT");
		info.ssl_private_key_filepath = getenv("KEY");
	}
	lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
	struct lws_context *context = lws_create_context(&info);
	while (context && lws_service(context, 0) >= 0)
		;
	return 1;
}
