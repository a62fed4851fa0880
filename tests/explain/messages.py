"""Messages of programs, built here from their vocabularies: what each stands for, who decided, and the host it names."""

from __future__ import annotations

from typing import NamedTuple

CLIENT, SERVER, ENDED, LEFT = "client-refused-server", "server-refused-client", "server-ended", "client-ended"
COMMON, PLAIN, NET, LOCAL = "no-common-parameters", "not-tls", "network", "local"
NOT, UNCLEAR = "not-a-trust-decision", "unclear"


class Message(NamedTuple):
    text: str
    fault: str
    decided: str
    host: str | None = None


NGINX = "2026/03/01 09:00:00 [info] 7#7: *3 "
ENV = ' while SSL handshaking to upstream, client: 198.51.100.9, server: , request: "GET / HTTP/1.1", upstream: "https://192.0.2.30:8443/", host: "front.test"'
VERIFY = "SSL routines:tls_post_process_server_certificate:certificate verify failed:../ssl/statem/statem_clnt.c:1889:"

MESSAGES = (
    # curl and what is built on it
    Message("curl: (60) SSL certificate problem: certificate has expired", "expired", CLIENT),
    Message(
        "curl: (60) SSL: no alternative certificate subject name matches target host name 'api.test'",
        "name",
        CLIENT,
        "api.test",
    ),
    Message("curl: (60) SSL certificate verification failed", "verification-without-reason", UNCLEAR),
    Message(
        "curl: (60) server certificate verification failed. CAfile: none CRLfile: none", "untrusted", CLIENT
    ),
    Message(
        "curl: (35) schannel: next InitializeSecurityContext failed: SEC_E_UNTRUSTED_ROOT (0x80090325)",
        "root-unknown",
        CLIENT,
    ),
    Message(
        "curl: (35) schannel: next InitializeSecurityContext failed: Unknown error (0x80092012)",
        "revocation-unknown",
        CLIENT,
    ),
    Message(
        "curl: (35) LibreSSL/3.3.6: error:1404B42E:SSL routines:ST_CONNECT:tlsv1 alert protocol version",
        "version",
        COMMON,
    ),
    Message("curl: (35) Recv failure: Connection reset by peer", "reset", NET),
    Message(
        "curl: (35) error:0A000152:SSL routines::unsafe legacy renegotiation disabled",
        "renegotiation",
        COMMON,
    ),
    Message("curl: (35) OpenSSL/3.0.13: error:0A00018A:SSL routines::dh key too small", "weak-dh", COMMON),
    Message(
        "curl: (56) OpenSSL SSL_read: error:0A000412:SSL routines::sslv3 alert bad certificate, errno 0",
        "untrusted",
        SERVER,
    ),
    Message(
        "curl: (56) OpenSSL SSL_read: error:0A000418:SSL routines::tlsv1 alert unknown ca, errno 0",
        "issuer-unknown",
        SERVER,
    ),
    Message(
        "curl: (58) could not load PEM client certificate from c.pem, OpenSSL error error:02001002",
        "file-unreadable",
        LOCAL,
    ),
    Message(
        "curl: (77) error setting certificate verify locations:  CAfile: nope.pem CApath: none",
        "file-unreadable",
        LOCAL,
    ),
    Message("curl: (90) SSL: public key does not match pinned public key", "pin", CLIENT),
    Message("curl: (52) Empty reply from server", "closed", NET),
    Message(
        "curl: (7) Failed to connect to api.test port 8443 after 2 ms: Couldn't connect to server",
        "refused",
        NET,
        "api.test",
    ),
    Message("curl: (28) Connection timed out after 5001 milliseconds", "timeout", NET),
    Message("curl: (60)", "untrusted", CLIENT),
    Message("* TLSv1.2 (IN), TLS alert, unknown CA (560):", "issuer-unknown", SERVER),
    Message("* TLSv1.3 (OUT), TLS alert, unknown CA (560):", "issuer-unknown", CLIENT),
    Message("Curl error 51: Cert verify failed: UNITYTLS_X509VERIFY_FLAG_CN_MISMATCH", "name", CLIENT),
    Message(
        "TlsException: Handshake failed - error code: UNITYTLS_INTERNAL_ERROR, verify result: UNITYTLS_X509VERIFY_FLAG_NOT_TRUSTED",
        "issuer-unknown",
        CLIENT,
    ),
    # wget, git
    Message(
        "ERROR: cannot verify api.test's certificate, issued by \u2018CN=Test CA\u2019:\n  Unable to locally verify the issuer's authority.",
        "issuer-unknown",
        CLIENT,
        "api.test",
    ),
    Message(
        "ERROR: The certificate of \u2018api.test\u2019 is not trusted.\nERROR: The certificate of \u2018api.test\u2019 has expired.",
        "expired",
        CLIENT,
        "api.test",
    ),
    Message(
        "fatal: unable to access 'https://git.test/a.git/': gnutls_handshake() failed: Handshake failed",
        "handshake-failed",
        UNCLEAR,
        "git.test",
    ),
    Message(
        "fatal: unable to access 'https://git.test:8443/a.git/': SSL certificate problem: self-signed certificate in certificate chain",
        "root-unknown",
        CLIENT,
        "git.test",
    ),
    # OpenSSL's own tools
    Message(
        f"depth=0 CN = api.test\nverify error:num=10:certificate has expired\nnotAfter=Jan  1 00:00:00 2026 GMT\n40:error:0A000086:{VERIFY}",
        "expired",
        CLIENT,
        "api.test",
    ),
    Message(
        "error 20 at 0 depth lookup: unable to get local issuer certificate\nerror leaf.pem: verification failed",
        "issuer-unknown",
        CLIENT,
    ),
    Message("error 24 at 1 depth lookup:invalid CA certificate", "not-a-ca", CLIENT),
    Message(
        "140:error:14094410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:../ssl/record/rec_layer_s3.c:1543:SSL alert number 40",
        "handshake-failure",
        ENDED,
    ),
    Message("error:1000045C", "client-certificate-missing", SERVER),
    Message(
        "4047:error:0A0000C1:SSL routines:tls_post_process_client_hello:no shared cipher:../ssl/statem/statem_srvr.c:2220:",
        "suite",
        COMMON,
    ),
    # Node, Python, Ruby, PHP, Perl, Dart
    Message(
        "Error: unable to verify the first certificate\n    at TLSSocket.onConnectSecure (node:_tls_wrap:1) {\n  code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'\n}",
        "missing-intermediate",
        CLIENT,
    ),
    Message(
        "npm ERR! code CERT_HAS_EXPIRED\nnpm ERR! request to https://registry.test/left-pad failed",
        "expired",
        CLIENT,
        "registry.test",
    ),
    Message(
        "Error: 80:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure code: 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'",
        "handshake-failure",
        ENDED,
    ),
    Message(
        "Error: Client network socket disconnected before secure TLS connection was established { host: 'api.test', port: 443 }",
        "closed",
        NET,
        "api.test",
    ),
    Message("Error: connect ECONNREFUSED 127.0.0.1:8443", "refused", NET, "127.0.0.1"),
    Message(
        "Error: unsupported\n    at node:internal/tls { opensslErrorStack: [ 'error:0308010C:digital envelope routines::unsupported' ], code: 'ERR_OSSL_EVP_UNSUPPORTED' }",
        "legacy-algorithm",
        LOCAL,
    ),
    Message(
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch, certificate is not valid for '192.0.2.9'. (_ssl.c:1006)",
        "name",
        CLIENT,
        "192.0.2.9",
    ),
    Message(
        "ssl.SSLError: [SSL: SSLV3_ALERT_CERTIFICATE_EXPIRED] sslv3 alert certificate expired (_ssl.c:2580)",
        "validity",
        SERVER,
    ),
    Message("ssl.SSLEOFError: EOF occurred in violation of protocol (_ssl.c:1006)", "closed", NET),
    Message(
        "OSError: Could not find a suitable TLS CA certificate bundle, invalid path: /nope.pem",
        "no-roots",
        LOCAL,
    ),
    Message(
        "ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required'))",
        "proxy-auth",
        NET,
    ),
    Message(
        "SSL_connect returned=1 errno=0 peeraddr=192.0.2.1:443 state=error: certificate verify failed (self-signed certificate) (OpenSSL::SSL::SSLError)",
        "self-signed",
        CLIENT,
    ),
    Message(
        'hostname "api.test" does not match the server certificate (OpenSSL::SSL::SSLError)',
        "name",
        CLIENT,
        "api.test",
    ),
    Message(
        "PHP Warning:  stream_socket_client(): Peer certificate CN=`other.test' did not match expected CN=`api.test'",
        "name",
        CLIENT,
        "api.test",
    ),
    Message("Can't connect to api.test:443 (certificate verify failed)", "untrusted", CLIENT, "api.test"),
    Message(
        "HandshakeException: Handshake error in client (OS Error: \n\tWRONG_VERSION_NUMBER(tls_record.cc:242))",
        "not-tls",
        PLAIN,
    ),
    Message(
        "HandshakeException: Handshake error in client (OS Error: \n\tTLSV1_ALERT_UNKNOWN_CA(tls_record.cc:587))",
        "issuer-unknown",
        SERVER,
    ),
    Message(
        "SocketException: Failed host lookup: 'api.test' (OS Error: nodename nor servname provided, or not known, errno = 8)",
        "dns",
        NET,
        "api.test",
    ),
    # gRPC, Erlang
    Message(
        "SSL_ERROR_SSL: error:100000f7:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER: Invalid certificate verification context",
        "not-tls",
        PLAIN,
    ),
    Message(
        "TLS server: In state certify at ssl_handshake.erl:1764 generated SERVER ALERT: Fatal - Unknown CA",
        "issuer-unknown",
        SERVER,
    ),
    Message(
        "TLS client: In state wait_cert at ssl_handshake.erl:1945 generated CLIENT ALERT: Fatal - Certificate Expired",
        "validity",
        CLIENT,
    ),
    # Go
    Message(
        'Get "https://api.test/": tls: failed to verify certificate: x509: certificate signed by unknown authority',
        "issuer-unknown",
        CLIENT,
        "api.test",
    ),
    Message(
        "x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before 2026-02-01T00:00:00Z",
        "not-yet-valid",
        CLIENT,
    ),
    Message("x509: certificate has expired or is not yet valid: ", "validity", CLIENT),
    Message(
        "Unable to connect to the server: x509: certificate is valid for 10.96.0.1, not 192.0.2.7",
        "name",
        CLIENT,
        "192.0.2.7",
    ),
    Message(
        "x509: cannot validate certificate for 192.0.2.7 because it doesn't contain any IP SANs",
        "no-san",
        CLIENT,
        "192.0.2.7",
    ),
    Message(
        "http: TLS handshake error from 198.51.100.9:5000: remote error: tls: bad certificate",
        "untrusted",
        CLIENT,
    ),
    Message(
        "http: TLS handshake error from 198.51.100.9:5000: tls: client offered only unsupported versions: [302 301]",
        "version",
        COMMON,
    ),
    Message("http: TLS handshake error from 198.51.100.9:5000: EOF", "closed", NET),
    Message(
        "http: TLS handshake error from 198.51.100.9:5000: no certificate available for 'api.test'",
        "sni",
        SERVER,
        "api.test",
    ),
    Message("local error: tls: bad record MAC", "bad-record", UNCLEAR),
    Message("remote error: tls: handshake failure", "handshake-failure", ENDED),
    Message("http: server gave HTTP response to HTTPS client", "not-tls", PLAIN),
    Message("x509: “api.test” certificate is not trusted", "root-unknown", CLIENT),
    Message("x509: SecPolicyCreateSSL error: 0", "name", CLIENT),
    # Java, Android
    Message(
        "sun.security.validator.ValidatorException: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target",
        "issuer-unknown",
        CLIENT,
    ),
    Message(
        "java.security.cert.CertificateException: No subject alternative names present", "no-san", CLIENT
    ),
    Message(
        "java.security.cert.CertificateException: No subject alternative names matching IP address 192.0.2.7 found",
        "name",
        CLIENT,
        "192.0.2.7",
    ),
    Message(
        "java.security.cert.CertPathValidatorException: Algorithm constraints check failed on signature algorithm: SHA1withRSA",
        "weak-digest",
        CLIENT,
    ),
    Message(
        "javax.net.ssl.SSLHandshakeException: No appropriate protocol (protocol is disabled or cipher suites are inappropriate)",
        "version-or-suite",
        COMMON,
    ),
    Message(
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure",
        "handshake-failure",
        ENDED,
    ),
    Message(
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required",
        "client-certificate-missing",
        SERVER,
    ),
    Message(
        "javax.net.ssl.SSLHandshakeException: Empty client certificate chain",
        "client-certificate-missing",
        SERVER,
    ),
    Message(
        "java.security.InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty",
        "no-roots",
        LOCAL,
    ),
    Message("java.io.IOException: keystore password was incorrect", "p12-password", LOCAL),
    Message(
        "javax.net.ssl.SSLPeerUnverifiedException: Certificate pinning failure!\n  Peer certificate chain:",
        "pin",
        CLIENT,
    ),
    Message(
        "CLEARTEXT communication to api.test not permitted by network security policy",
        "cleartext-android",
        NOT,
        "api.test",
    ),
    # rustls, .NET
    Message("invalid peer certificate: Expired", "expired", CLIENT),
    Message(
        "invalid peer certificate: certificate expired: verification time 1700000000 (UNIX), but certificate is not valid after 1600000000 (100000000 seconds ago)",
        "expired",
        CLIENT,
    ),
    Message(
        "invalid peer certificate contents: invalid peer certificate: UnknownIssuer", "issuer-unknown", CLIENT
    ),
    Message("InvalidCertificate(NotValidYet)", "not-yet-valid", CLIENT),
    Message(
        "received fatal alert: the peer found the certificate was not issued by a trusted CA",
        "issuer-unknown",
        SERVER,
    ),
    Message("received fatal alert: HandshakeFailure", "handshake-failure", ENDED),
    Message("peer is incompatible: ServerDoesNotSupportTls12Or13", "version", COMMON),
    Message("received corrupt message of type InvalidContentType", "not-tls", PLAIN),
    Message(
        "error sending request for url (https://api.test/): invalid peer certificate: UnknownIssuer",
        "issuer-unknown",
        CLIENT,
        "api.test",
    ),
    Message(
        "The remote certificate is invalid because of errors in the certificate chain: NotTimeValid",
        "validity",
        CLIENT,
    ),
    Message(
        "The remote certificate is invalid according to the validation procedure: RemoteCertificateChainErrors",
        "untrusted",
        CLIENT,
    ),
    Message(
        "Authentication failed because the remote party sent a TLS alert: 'HandshakeFailure'.",
        "handshake-failure",
        ENDED,
    ),
    Message(
        "The remote certificate was rejected by the provided RemoteCertificateValidationCallback.",
        "app-rejected",
        CLIENT,
    ),
    Message(
        "Interop+OpenSsl+SslException: error:0A000086:SSL routines::certificate verify failed",
        "untrusted",
        CLIENT,
    ),
    # Chromium, NSS
    Message("net::ERR_CERT_DATE_INVALID", "validity", CLIENT),
    Message(
        "GET https://api.test/v1 net::ERR_SSL_VERSION_OR_CIPHER_MISMATCH",
        "version-or-suite",
        COMMON,
        "api.test",
    ),
    Message("handshake failed; returned -1, SSL error code 1, net_error -201", "validity", CLIENT),
    Message("handshake failed; returned -1, SSL error code 1, net_error -100", "closed", NET),
    Message("Error code: SSL_ERROR_UNRECOGNIZED_NAME_ALERT", "sni", SERVER),
    Message("Error code: SEC_ERROR_UNKNOWN_ISSUER", "issuer-unknown", CLIENT),
    Message("Error code: MOZILLA_PKIX_ERROR_CA_CERT_USED_AS_END_ENTITY", "leaf-is-ca", CLIENT),
    Message("Error code: SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", "client-certificate-missing", SERVER),
    # GnuTLS and small libraries
    Message("*** Received alert [42]: Certificate is bad", "untrusted", SERVER),
    Message(
        "- Status: The certificate is NOT trusted. The name in the certificate does not match the expected.",
        "name",
        CLIENT,
    ),
    Message(
        "- Status: The certificate is NOT trusted. The certificate chain uses insecure algorithm.",
        "weak-algorithm",
        CLIENT,
    ),
    Message("*** Fatal error: The TLS connection was non-properly terminated.", "closed", NET),
    Message(
        "mbedTLS: ssl_handshake returned: (-0x2700) X509 - Certificate verification failed",
        "untrusted",
        CLIENT,
    ),
    Message(
        "SSL_connect failed with error -188: ASN no signer error to confirm failure", "issuer-unknown", CLIENT
    ),
    # Servers
    Message(
        NGINX
        + "client SSL certificate verify error: (10:certificate has expired) while reading client request headers, client: 198.51.100.9, server: api.test",
        "expired",
        SERVER,
        "api.test",
    ),
    Message(
        NGINX
        + "client SSL certificate verify error: (18:self-signed certificate) while reading client request headers, client: 198.51.100.9, server: api.test",
        "self-signed",
        SERVER,
        "api.test",
    ),
    Message(
        NGINX
        + "SSL_do_handshake() failed (SSL: error:0A000416:SSL routines::sslv3 alert certificate unknown:SSL alert number 46) while SSL handshaking, client: 198.51.100.9, server: 0.0.0.0:443",
        "untrusted",
        CLIENT,
    ),
    Message(
        NGINX
        + "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: 198.51.100.9\n"
        + NGINX
        + "SSL_do_handshake() failed (SSL: error:0A0000C1:SSL routines::no shared cipher) while SSL handshaking, client: 198.51.100.9",
        "suite",
        COMMON,
    ),
    Message(
        NGINX + "upstream SSL certificate verify error: (20:unable to get local issuer certificate)" + ENV,
        "issuer-unknown",
        CLIENT,
        "192.0.2.30",
    ),
    Message(
        NGINX
        + "SSL_do_handshake() failed (SSL: error:0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40)"
        + ENV,
        "handshake-failure",
        ENDED,
        "192.0.2.30",
    ),
    Message(
        NGINX
        + "client sent plain HTTP request to HTTPS port while reading client request headers, client: 198.51.100.9",
        "http-on-tls",
        PLAIN,
    ),
    Message(
        "[ssl:info] [pid 7] [client 198.51.100.9:5000] AH02276: Certificate Verification: Error (20): unable to get local issuer certificate [subject: CN=alice]",
        "issuer-unknown",
        SERVER,
    ),
    Message(
        "[ssl:error] [pid 7] [remote 192.0.2.30:8443] AH02039: Certificate Verification: Error (20): unable to get local issuer certificate",
        "issuer-unknown",
        CLIENT,
    ),
    Message(
        "[ssl:info] [pid 7] [client 198.51.100.9:5000] AH02008: SSL library error 1 in handshake (server api.test:443)\n[ssl:info] [pid 7] SSL Library Error: error:0A000418:SSL routines::tlsv1 alert unknown ca (SSL alert number 48)",
        "issuer-unknown",
        CLIENT,
        "api.test",
    ),
    Message(
        "[ssl:info] [pid 7] [client 198.51.100.9:5000] AH01996: SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page",
        "http-on-tls",
        PLAIN,
    ),
    Message(
        "198.51.100.9:5000 [01/Mar/2026:09:00:00.000] fe/1: SSL handshake failure (error:0A000418:SSL routines::tlsv1 alert unknown ca)",
        "issuer-unknown",
        CLIENT,
    ),
    Message(
        "1700000000: OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate\n1700000000: Socket error on client <unknown>, disconnecting.",
        "client-certificate-missing",
        SERVER,
    ),
    Message(
        "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed\nError: A TLS error occurred.",
        "untrusted",
        CLIENT,
    ),
    Message(
        "LOG3[0]: SSL_accept: ssl/record/rec_layer_s3.c:1543: error:14094418:SSL routines:ssl3_read_bytes:tlsv1 alert unknown ca",
        "issuer-unknown",
        CLIENT,
    ),
    Message("LOG4[2]: CERT: Pre-verification error: certificate has expired", "expired", UNCLEAR),
    Message("LOG:  could not accept SSL connection: tlsv1 alert unknown ca", "issuer-unknown", CLIENT),
    Message(
        "LOG:  could not accept SSL connection: peer did not return a certificate",
        "client-certificate-missing",
        SERVER,
    ),
    Message(
        'connection to server at "db.test" (192.0.2.8), port 5432 failed: SSL error: certificate verify failed',
        "untrusted",
        CLIENT,
        "db.test",
    ),
    Message(
        'connection to server at "db.test" (192.0.2.8), port 5432 failed: FATAL:  connection requires a valid client certificate',
        "client-certificate-missing",
        SERVER,
        "db.test",
    ),
    Message(
        'connection to server at "db.test" (192.0.2.8), port 5432 failed: root certificate file "/home/a/.postgresql/root.crt" does not exist',
        "no-roots",
        LOCAL,
        "db.test",
    ),
    Message(
        "upstream connect error or disconnect/reset before headers. reset reason: connection failure, transport failure reason: TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED",
        "untrusted",
        CLIENT,
    ),
    Message(
        "remote address:198.51.100.9:5000,TLS_error:|268436498:SSL routines:OPENSSL_internal:SSLV3_ALERT_BAD_CERTIFICATE:TLS_error_end",
        "untrusted",
        CLIENT,
    ),
    Message(
        "postfix/smtpd[7]: SSL_accept error from unknown[198.51.100.9]: -1\npostfix/smtpd[7]: warning: TLS library problem: error:0A000416:SSL routines::sslv3 alert certificate unknown",
        "untrusted",
        CLIENT,
    ),
    Message("(8) eap_peap: ERROR: TLS Alert read:fatal:unknown CA", "issuer-unknown", CLIENT),
    Message("(8) eap_tls: ERROR: TLS Alert write:fatal:certificate expired", "validity", SERVER),
    Message("(8) eap_tls: --> verify error:num=23:certificate revoked", "revoked", SERVER),
    Message(
        "wlan0: CTRL-EVENT-EAP-TLS-CERT-ERROR reason=4 depth=0 subject='/CN=radius.test' err='certificate has expired'",
        "expired",
        CLIENT,
        "radius.test",
    ),
    Message(
        "wpa_supplicant: SSL: SSL3 alert: read (remote end reported an error):fatal:bad certificate",
        "untrusted",
        SERVER,
    ),
    # Apple
    Message("Connection 3: default TLS Trust evaluation failed(-9807)", "untrusted", CLIENT),
    Message(
        "boringssl_context_handle_fatal_alert(1991) [C1.1:2][0x10] read alert, level: fatal, description: certificate required",
        "client-certificate-missing",
        SERVER,
    ),
    Message(
        "Error Domain=NSURLErrorDomain Code=-1200 UserInfo={_kCFStreamErrorCodeKey=-9816, NSErrorFailingURLStringKey=https://api.test:8443/x}",
        "closed",
        NET,
        "api.test",
    ),
    Message(
        'Error Domain=NSURLErrorDomain Code=-1205 "The server “api.test” did not accept the certificate."',
        "untrusted",
        SERVER,
        "api.test",
    ),
    Message(
        'Error Domain=NSURLErrorDomain Code=-1206 "The server “api.test” requires a client certificate."',
        "client-certificate-missing",
        SERVER,
        "api.test",
    ),
    Message("Trust evaluate failure: [leaf AnchorTrusted SSLHostname]", "name", CLIENT),
    Message("Trust evaluate failure: [leaf LeafSPKISHA256] [ca1 IntermediateMarkerOid]", "pin", CLIENT),
    Message("Trust evaluate failure: [leaf MissingIntermediate]", "missing-intermediate", CLIENT),
    Message("Trust evaluate failure: [root GrayListedKey]", "listed-untrusted", CLIENT),
    Message("Cert Verify Result: CSSMERR_APPLETP_HOSTNAME_MISMATCH", "name", CLIENT),
    Message("error -2147409654", "expired", CLIENT),
    Message("NWError error -9808: bad certificate format", "untrusted", CLIENT),
    Message("nw_protocol_boringssl_error(1771) [C1:2] Lower protocol stack error: 54", "reset", NET),
    Message(
        "security: SecKeychainItemImport: MAC verification failed during PKCS12 import (wrong password?)",
        "p12-password",
        LOCAL,
    ),
    Message("SecItemImport OSStatus -26275", "p12-unreadable", LOCAL),
    Message("SecItemAdd failed: OSStatus -25299", "keychain-duplicate", NOT),
    Message(
        "errSecInternalComponent\nCommand CodeSign failed with a nonzero exit code", "keychain-locked", NOT
    ),
    Message(
        "handshakeFailed(NIOSSL.BoringSSLError.sslError([Error: 268435581 error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED]))",
        "untrusted",
        CLIENT,
    ),
    Message("Starscream.WSError: Invalid SSL certificate", "untrusted", CLIENT),
    Message(
        "198.51.100.9 → 192.0.2.7 TLSv1.2 61 Alert (Level: Fatal, Description: Unknown CA)",
        "issuer-unknown",
        UNCLEAR,
    ),
    # Found wanting once: each was read otherwise before.
    Message(
        "boringssl_context_handle_fatal_alert(1763) [C3.1:1][0x7f] read alert, level: fatal, description: handshake failure",
        "handshake-failure",
        ENDED,
    ),
    Message("Unknown trust error for “api.test” certificate", "untrusted", CLIENT),
    Message(
        'Post "https://api.test": proxyconnect tcp: dial tcp 192.0.2.1:3128: connect: connection refused',
        "proxy",
        NET,
        "api.test",
    ),
    Message("InvalidCertificate(Revoked)", "revoked", CLIENT),
    Message("AlertReceived(UnknownCA)", "issuer-unknown", UNCLEAR),
    Message(
        "AH02010: SSL client authentication failed: unable to get local issuer certificate",
        "issuer-unknown",
        SERVER,
    ),
    Message(
        "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking, client: 198.51.100.9",
        "protocol-error",
        UNCLEAR,
    ),
    Message("EAP-TLS: fatal alert by server - unknown_ca", "issuer-unknown", SERVER),
    Message("curl: (56) Received HTTP code 403 from proxy after CONNECT", "proxy", NET),
    Message("Connection Refused: not authorised.", "client-forbidden", SERVER),
    Message(
        "- Status: The certificate is NOT trusted. The certificate chain violates the signer's constraints.",
        "ca-constraints",
        CLIENT,
    ),
    Message(
        "curl: (35) OpenSSL/3.0.22: error:0A00014D:SSL routines::legacy sigalg disallowed or unsupported",
        "signature-algorithm",
        COMMON,
    ),
    Message(
        "curl: (35) OpenSSL/3.0.22: error:1100009E:X509 V3 routines::invalid certificate", "malformed", CLIENT
    ),
    Message(
        "This server could not prove that it is dev.test; its security certificate is from other.test.\nNET::ERR_CERT_COMMON_NAME_INVALID",
        "name",
        CLIENT,
        "dev.test",
    ),
    Message(
        "Resolving api.test (api.test)... 192.0.2.1\nUnable to establish SSL connection.",
        "handshake-failed",
        UNCLEAR,
        "api.test",
    ),
    # What a second reader pasted: symbols for numbers, servers by their frames, own files, what is no TLS.
    Message('GCDAsyncSocketErrorDomain Code=9 "errSSLPeerBadCert"', "untrusted", SERVER),
    Message("SecTrustEvaluate: errSecHostNameMismatch", "name", CLIENT),
    Message('Code=23556 "Invalid server certificate." SRWebSocketErrorDomain', "untrusted", CLIENT),
    Message("Das Zertifikat für diesen Server ist ungültig. Eventuell", "untrusted", CLIENT),
    Message("Le certificat de ce serveur n\u2019est pas valide.", "untrusted", CLIENT),
    Message("此服务器的证书无效。", "untrusted", CLIENT),
    Message("发生了SSL错误。", "tls-failed", UNCLEAR),
    Message(
        "Cannot Verify Server Identity. The identity of “mail.test” cannot be verified by Settings.",
        "untrusted",
        CLIENT,
        "mail.test",
    ),
    Message(
        "This Connection Is Not Private. This website may be impersonating “dev.test” to steal",
        "untrusted",
        CLIENT,
        "dev.test",
    ),
    Message(
        "App Transport Security has blocked a cleartext HTTP connection to api.test since it is insecure.",
        "ats-cleartext",
        NOT,
        "api.test",
    ),
    Message(
        "Certificate pinning failure!\n  Pinned certificates for api.test:\n    sha256/AAAA=",
        "pin",
        CLIENT,
        "api.test",
    ),
    Message(
        "MDM: Domain: MCHTTPTransactionErrorDomain Code: 23001 Underlying: NSURLErrorDomain Code=-1202",
        "untrusted",
        CLIENT,
    ),
    Message(
        "MCInstallationErrorDomain Code: 4001 Underlying: NSURLErrorDomain Code=-1202", "untrusted", CLIENT
    ),
    Message(
        "Exception happened during processing of request from ('192.0.2.3', 5)\nssl.SSLError: [SSL: TLSV1_ALERT_UNKNOWN_CA] tlsv1 alert unknown ca (_ssl.c:1002)",
        "issuer-unknown",
        CLIENT,
    ),
    Message(
        "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_unknown\n\tat org.apache.tomcat.util.net.SecureNioChannel.handshakeUnwrap",
        "untrusted",
        CLIENT,
    ),
    Message(
        "HttpsConnectionMiddleware: Failed to authenticate\nThe remote certificate was rejected by the provided RemoteCertificateValidationCallback.",
        "untrusted",
        SERVER,
    ),
    Message(
        "[ssl:error] AH02039: Certificate Verification: Error (23): certificate revoked", "revoked", SERVER
    ),
    Message(
        "AH01909: api.test:443:0 server certificate does NOT include an ID which matches the server name",
        "own-name",
        LOCAL,
    ),
    Message("SSL_CTX_use_certificate:ee key too small", "own-weak", LOCAL),
    Message(
        "OpenSSL: error:0A00018E:SSL routines::ca md too weak\nCannot load certificate file client.crt",
        "own-weak",
        LOCAL,
    ),
    Message("verify error:num=66:EE certificate key too weak", "weak-key", CLIENT),
    Message("TLS handshake failed: peer sent no certificates", "client-certificate-missing", SERVER),
    Message(
        '"c":"NETWORK","msg":"SSL peer certificate validation failed","attr":{"error":"unable to get local issuer certificate"}',
        "issuer-unknown",
        UNCLEAR,
    ),
    Message(
        '"msg":"no certificate matching TLS ClientHello","server_name":"api.test"', "sni", SERVER, "api.test"
    ),
    Message("HTTP 400 urn:ietf:params:acme:error:rejectedIdentifier", "acme", NOT),
    Message("TLS Error: TLS key negotiation failed to occur within 60 seconds", "timeout", NET),
    Message("VERIFY EKU ERROR", "purpose", UNCLEAR),
    Message("VERIFY nsCertType ERROR: CN=server, require nsCertType=SERVER", "purpose", CLIENT),
    Message("VERIFY X509NAME ERROR: CN=server, must be vpn.test", "name", UNCLEAR),
    Message(
        "error: the SSL certificate is invalid; class=Ssl (16); code=Certificate (-17)", "untrusted", CLIENT
    ),
    Message("UNKNOWN_CERTIFICATE_VERIFICATION_ERROR", "untrusted", CLIENT),
    Message(
        "DioException [bad certificate]: The certificate of the response is not approved.",
        "app-rejected",
        CLIENT,
    ),
    Message("fatal: Authentication failed for 'https://git.test/a.git/'", "login", NOT, "git.test"),
    Message('FATAL: password authentication failed for user "app"', "login", NOT),
    Message("Host key verification failed.", "ssh", NOT),
    Message('No signing certificate "iOS Development" found', "signing-identity", NOT),
    Message("TypeError: Network request failed", "reason-hidden", UNCLEAR),
    Message("Verify return code: 0 (ok)", "verified", NOT),
    Message(
        "*  SSL certificate verify result: self-signed certificate (18), continuing anyway.", "ignored", NOT
    ),
    Message(
        "SSL validation failed for https://s3.test/ [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1000)",
        "self-signed",
        CLIENT,
        "s3.test",
    ),
    Message(
        "Certificate verification failed. This typically happens when using Azure CLI behind a proxy that intercepts traffic with a self-signed certificate.",
        "untrusted",
        CLIENT,
    ),
    Message(
        "Could not verify the SSL certificate for https://gems.test/. There is a chance you are experiencing a man-in-the-middle attack",
        "untrusted",
        CLIENT,
        "gems.test",
    ),
    Message(
        "client did not trust this server's certificate, closing connection Netty4TcpChannel",
        "untrusted",
        CLIENT,
    ),
    Message(
        "failed to establish trust with server at [es.test]; the server provided a certificate",
        "untrusted",
        CLIENT,
        "es.test",
    ),
    Message(
        'NSURLErrorDomain Code=-1009 "The Internet connection appears to be offline." _NSURLErrorNWPathKey=unsatisfied (Local network prohibited), https://192.168.1.9:8443/',
        "local-network",
        NET,
        "192.168.1.9",
    ),
    Message("Error Domain=NSURLErrorDomain Code=-1100 in https://a.test/x", "http-status", NOT, "a.test"),
    Message(
        "[cause]: ConnectTimeoutError: Connect Timeout Error (attempted address: a.test:443, timeout: 10000ms)",
        "timeout",
        NET,
        "a.test",
    ),
    Message(
        "Safari can\u2019t open the page \u201chttps://x.test\u201d because Safari can\u2019t find the server \u201cx.test\u201d.",
        "dns",
        NET,
        "x.test",
    ),
    Message(
        'Get "https://a.test": proxyconnect tcp: tls: first record does not look like a TLS handshake',
        "proxy",
        NET,
        "a.test",
    ),
    Message(
        'Get "https://a.test": proxyconnect tcp: x509: certificate signed by unknown authority',
        "issuer-unknown",
        CLIENT,
        "a.test",
    ),
    Message("curl: (92) HTTP/2 stream 0 was not closed cleanly: PROTOCOL_ERROR (err 1)", "http-status", NOT),
    Message("lftp: Fatal error: Certificate verification: Not trusted (AB:CD)", "untrusted", CLIENT),
    Message(
        "ls: Fatal error: Certificate verification: Not trusted: no issuer was found (AB:CD)",
        "issuer-unknown",
        CLIENT,
    ),
    Message(
        "ls: Fatal error: Certificate verification: Not trusted: Issuer is not a CA (AB:CD)",
        "not-a-ca",
        CLIENT,
    ),
    Message("ls: Fatal error: Certificate verification: Not yet activated (AB:CD)", "not-yet-valid", CLIENT),
    Message("ls: Fatal error: Certificate verification: Expired (AB:CD)", "expired", CLIENT),
    Message("ls: Fatal error: Certificate verification: Revoked (AB:CD)", "revoked", CLIENT),
    Message("error: hostname does not match certificate; class=Ssl (16)", "name", CLIENT),
    Message(
        "Client TLS handshake failed. The client may not trust the proxy's certificate for api.test (OpenSSL Error([('SSL routines', '', 'no shared cipher')]))",
        "suite",
        COMMON,
        "api.test",
    ),
    Message("its profile has not been explicitly trusted by the user", "developer-trust", NOT),
    Message(
        '  File "/app/uvicorn/server.py", line 62\n  File "/app/paho/mqtt/client.py"\nssl.SSLCertVerificationError: certificate verify failed: self-signed certificate (_ssl.c:1000)',
        "self-signed",
        CLIENT,
    ),
    Message(
        '  File "/app/uvicorn/server.py", line 62\nssl.SSLError: [SSL: SSLV3_ALERT_CERTIFICATE_UNKNOWN] sslv3 alert certificate unknown (_ssl.c:1123)',
        "untrusted",
        CLIENT,
    ),
    Message(
        "Received fatal alert: certificate_unknown. You may need to configure your browser to trust the Charles Root Certificate.",
        "untrusted",
        CLIENT,
    ),
    Message(
        "Client TLS handshake failed. The client does not trust the proxy's certificate for api.test (OpenSSL Error([('SSL routines', '', 'ssl/tls alert certificate unknown')]))",
        "untrusted",
        CLIENT,
        "api.test",
    ),
    Message(
        "Server TLS handshake failed. Certificate verify failed: unable to get local issuer certificate",
        "issuer-unknown",
        CLIENT,
    ),
    Message(
        "Client TLS handshake failed. The client disconnected during the handshake. If this happens consistently for api.test, this may",
        "left-mid-handshake",
        CLIENT,
        "api.test",
    ),
    Message(
        "Error validating server certificate for 'https://svn.test:443':\n - The certificate is not issued by a trusted authority.",
        "issuer-unknown",
        CLIENT,
        "svn.test",
    ),
    Message(
        "keytool error: java.lang.Exception: Public keys in reply and keystore don't match",
        "key-mismatch",
        LOCAL,
    ),
    Message("keytool error: java.lang.Exception: Failed to establish chain from reply", "reply-chain", LOCAL),
    Message("pip: the ssl module in Python is not available.", "no-tls-built", LOCAL),
)
