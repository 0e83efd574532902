// Jetty, by its own interface.
import java.io.FileInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.WebSocketListener;
import org.eclipse.jetty.websocket.api.WebSocketPingPongListener;
import org.eclipse.jetty.websocket.servlet.WebSocketServlet;
import org.eclipse.jetty.websocket.servlet.WebSocketServletFactory;

public class JettyServer {
    static volatile String lastClose = "";

    public static class Echo implements WebSocketListener, WebSocketPingPongListener {
        private Session session;

        public void onWebSocketConnect(Session session) {
            this.session = session;
        }

        public void onWebSocketText(String message) {
            try {
                String[] words = message.split(" ", 3);
                switch (words[0]) {
                    case "/fragments" -> {
                        session.getRemote().sendPartialString("part0", false);
                        session.getRemote().sendPartialString("part1", false);
                        session.getRemote().sendPartialString("part2", true);
                    }
                    case "/ping" -> session.getRemote().sendPing(ByteBuffer.wrap("from the server".getBytes()));
                    case "/close" -> session.close(Integer.parseInt(words[1]), words[2]);
                    case "/last-close" -> session.getRemote().sendString(lastClose);
                    default -> session.getRemote().sendString(message);
                }
            } catch (Exception error) {
                throw new RuntimeException(error);
            }
        }

        public void onWebSocketBinary(byte[] payload, int offset, int length) {
            try {
                session.getRemote().sendBytes(ByteBuffer.wrap(payload, offset, length));
            } catch (Exception error) {
                throw new RuntimeException(error);
            }
        }

        public void onWebSocketPing(ByteBuffer payload) {}

        public void onWebSocketPong(ByteBuffer payload) {
            session.getRemote().sendStringByFuture("pong");
        }

        public void onWebSocketClose(int code, String reason) {
            lastClose = (code + " " + (reason == null ? "" : reason)).trim();
        }

        public void onWebSocketError(Throwable cause) {}
    }

    public static class Servlet extends WebSocketServlet {
        public void configure(WebSocketServletFactory factory) {
            factory.getPolicy().setMaxTextMessageSize(1 << 24);
            factory.getPolicy().setMaxBinaryMessageSize(1 << 24);
            factory.register(Echo.class);
        }
    }

    static KeyStore keys() throws Exception {
        Certificate certificate;
        try (FileInputStream file = new FileInputStream(System.getenv("CERT"))) {
            certificate = CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
        String pem = Files.readString(Path.of(System.getenv("KEY"))).replaceAll("-----[A-Z ]+-----|\\s", "");
        PKCS8EncodedKeySpec key = new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem));
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("key", KeyFactory.getInstance("EC").generatePrivate(key), new char[0], new Certificate[] {certificate});
        return keys;
    }

    public static void main(String[] arguments) throws Exception {
        Server server = new Server();
        HttpConfiguration configuration = new HttpConfiguration();
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(configuration));
        if (System.getenv("CERT") != null) {
            configuration.addCustomizer(new SecureRequestCustomizer());
            SslContextFactory.Server tls = new SslContextFactory.Server();
            tls.setKeyStore(keys());
            tls.setKeyStorePassword("");
            connector = new ServerConnector(server, tls, new HttpConnectionFactory(configuration));
        }
        connector.setHost("127.0.0.1");
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        server.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler();
        context.addServlet(new ServletHolder(new Servlet()), "/");
        server.setHandler(context);
        server.start();
        server.join();
    }
}
