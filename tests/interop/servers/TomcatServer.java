// Tomcat, by the standard interface of Java.
import jakarta.websocket.CloseReason;
import jakarta.websocket.CloseReason.CloseCodes;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.apache.tomcat.websocket.server.WsSci;

public class TomcatServer {
    static volatile String lastClose = "";

    public static class Echo extends Endpoint {
        public void onOpen(Session session, EndpointConfig config) {
            session.setMaxTextMessageBufferSize(1 << 24);
            session.setMaxBinaryMessageBufferSize(1 << 24);
            session.addMessageHandler(String.class, message -> text(session, message));
            session.addMessageHandler(ByteBuffer.class, message -> {
                try {
                    session.getBasicRemote().sendBinary(message);
                } catch (IOException error) {
                    throw new RuntimeException(error);
                }
            });
            session.addMessageHandler(PongMessage.class, message -> text(session, "pong"));
        }

        private void text(Session session, String message) {
            try {
                String[] words = message.split(" ", 3);
                switch (words[0]) {
                    case "/fragments" -> {
                        session.getBasicRemote().sendText("part0", false);
                        session.getBasicRemote().sendText("part1", false);
                        session.getBasicRemote().sendText("part2", true);
                    }
                    case "/ping" -> session.getBasicRemote().sendPing(ByteBuffer.wrap("from the server".getBytes()));
                    case "/close" -> {
                        int code = Integer.parseInt(words[1]);
                        session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(code), words[2]));
                    }
                    case "/last-close" -> session.getBasicRemote().sendText(lastClose);
                    default -> session.getBasicRemote().sendText(message);
                }
            } catch (IOException error) {
                throw new RuntimeException(error);
            }
        }

        public void onClose(Session session, CloseReason reason) {
            lastClose = (reason.getCloseCode().getCode() + " " + reason.getReasonPhrase()).trim();
        }
    }

    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
        Connector connector = new Connector();
        connector.setProperty("address", "127.0.0.1");
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        if (System.getenv("CERT") != null) {
            connector.setProperty("SSLEnabled", "true");
            connector.setSecure(true);
            connector.setScheme("https");
            SSLHostConfig tls = new SSLHostConfig();
            SSLHostConfigCertificate certificate = new SSLHostConfigCertificate(tls, SSLHostConfigCertificate.Type.EC);
            certificate.setCertificateFile(System.getenv("CERT"));
            certificate.setCertificateKeyFile(System.getenv("KEY"));
            tls.addCertificate(certificate);
            connector.addSslHostConfig(tls);
        }
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", null);
        context.addServletContainerInitializer(new WsSci(), null);
        Tomcat.addServlet(context, "default", new DefaultServlet());
        context.addServletMappingDecoded("/", "default");
        context.addServletContainerInitializer((classes, servlets) -> {
            ServerContainer container = (ServerContainer) servlets.getAttribute(ServerContainer.class.getName());
            try {
                container.addEndpoint(ServerEndpointConfig.Builder.create(Echo.class, "/").build());
            } catch (Exception error) {
                throw new RuntimeException(error);
            }
        }, null);
        tomcat.start();
        tomcat.getServer().await();
    }
}
