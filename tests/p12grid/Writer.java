// Writes PKCS #12 files as keytool does: the same KeyStore, with the algorithms that the line names.
// A line has tab-separated fields: file, password (base64), algorithm of keys, of certificates, MAC, then for each
// entry alias|key algorithm|file of the key (PKCS #8)|files of certificates, comma-separated.
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.cert.Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.*;

public class Writer {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(arguments[0]))) {
            String[] fields = line.split("\t", -1);
            char[] password = new String(Base64.getDecoder().decode(fields[1]), StandardCharsets.UTF_8).toCharArray();
            System.setProperty("keystore.pkcs12.keyProtectionAlgorithm", fields[2]);
            System.setProperty("keystore.pkcs12.certProtectionAlgorithm", fields[3]);
            System.setProperty("keystore.pkcs12.macAlgorithm", fields[4]);
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int at = 5; at < fields.length; at++) {
                String[] entry = fields[at].split("\\|", -1);
                List<Certificate> chain = new ArrayList<>();
                for (String file : entry[3].split(",")) {
                    chain.add(CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(Path.of(file)))));
                }
                if (entry[1].isEmpty()) {
                    store.setCertificateEntry(entry[0], chain.get(0));
                } else {
                    PrivateKey key = KeyFactory.getInstance(entry[1])
                        .generatePrivate(new PKCS8EncodedKeySpec(Files.readAllBytes(Path.of(entry[2]))));
                    store.setKeyEntry(entry[0], key, password, chain.toArray(new Certificate[0]));
                }
            }
            try (OutputStream out = new FileOutputStream(fields[0])) {
                store.store(out, password);
            }
        }
    }
}
