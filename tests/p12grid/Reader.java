// Reads PKCS #12 files as an app in Java does. A line has a file and its password (base64), tab-separated; the answer
// has the file, how many keys with certificates come out, how many trusted certificates, and what went wrong.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.Certificate;
import java.util.*;

public class Reader {
    /** Whether there are both; for keys that sign, whether they are each other's: Java itself does not look. */
    static boolean belong(Key key, Certificate[] chain) throws Exception {
        if (key == null || chain == null) {
            return false;
        }
        Map<String, String> signatures = Map.of("RSA", "SHA256withRSA", "EC", "SHA256withECDSA", "EdDSA", "EdDSA");
        String name = signatures.get(key.getAlgorithm());
        byte[] said = "said".getBytes(StandardCharsets.US_ASCII);
        byte[] signature;
        try {
            Signature signer = Signature.getInstance(String.valueOf(name));
            signer.initSign((PrivateKey) key);
            signer.update(said);
            signature = signer.sign();
        } catch (GeneralSecurityException error) {  // it signs nothing, or no longer on this curve
            return true;
        }
        PublicKey half = chain[0].getPublicKey();
        if (half.getAlgorithm().equals("RSASSA-PSS")) {
            return true;
        }
        try {
            Signature verifier = Signature.getInstance(name);
            verifier.initVerify(half);
            verifier.update(said);
            return verifier.verify(signature);
        } catch (GeneralSecurityException error) {
            return false;
        }
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] fields = line.split("\t", -1);
            char[] password = new String(Base64.getDecoder().decode(fields[1]), StandardCharsets.UTF_8).toCharArray();
            int keys = 0, certificates = 0;
            String problem = "";
            try {
                KeyStore store = KeyStore.getInstance("PKCS12");
                try (InputStream in = new FileInputStream(fields[0])) {
                    store.load(in, password);
                }
                for (String alias : Collections.list(store.aliases())) {
                    if (store.isCertificateEntry(alias)) {
                        certificates++;
                    } else if (belong(store.getKey(alias, password), store.getCertificateChain(alias))) {
                        keys++;
                    }
                }
            } catch (Exception error) {
                problem = String.valueOf(error).replaceAll("\\s+", " ");
            }
            out.println(fields[0] + "\t" + keys + "\t" + certificates + "\t" + problem);
        }
    }
}
