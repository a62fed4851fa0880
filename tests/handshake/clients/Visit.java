// Usage: java Visit TIMES URL. One line for each visit: what came back, or the exception and its causes.
// The stores' password is VISIT_PASSWORD: a -D for it would show it to everyone on the machine.

import java.net.URI;
import javax.net.ssl.HttpsURLConnection;

public class Visit {
    public static void main(String[] args) {
        for (var store : new String[] {"trustStore", "keyStore"}) {
            System.setProperty("javax.net.ssl." + store + "Password", System.getenv("VISIT_PASSWORD"));
        }
        for (int left = Integer.parseInt(args[0]); left > 0; left--) {
            System.out.println(visit(args[1]));
        }
    }

    static String visit(String url) {
        try {
            var connection = (HttpsURLConnection) URI.create(url).toURL().openConnection();
            connection.setConnectTimeout(600_000);
            connection.setReadTimeout(600_000);
            var page = new String(connection.getInputStream().readAllBytes());
            return "in: " + page.replace('\n', ' ');
        } catch (Exception error) {
            var words = new StringBuilder("out:");
            for (Throwable cause = error; cause != null; cause = cause.getCause()) {
                words.append(" <- ").append(cause);
            }
            return words.toString().replace('\n', ' ');
        }
    }
}
