// A signature of GB/T 38540-2020 as ofdrw reads it: its classes parse the structure, Bouncy Castle verifies what
// ofdrw's validator of version 4 verifies (the seal under its maker, the signature under the signer, the document's SM3).
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.crypto.digests.SM3Digest;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.ofdrw.gm.ses.parse.SESVersion;
import org.ofdrw.gm.ses.parse.SESVersionHolder;
import org.ofdrw.gm.ses.parse.VersionParser;
import org.ofdrw.gm.ses.v4.SES_Signature;
import org.ofdrw.gm.ses.v4.SESeal;
import org.ofdrw.gm.ses.v4.TBS_Sign;

public class Stamp {
    static final BouncyCastleProvider BC = new BouncyCastleProvider();

    static Certificate certificate(ASN1OctetString der) throws Exception {
        return CertificateFactory.getInstance("X.509", BC).generateCertificate(new ByteArrayInputStream(der.getOctets()));
    }

    static void must(boolean holds, String what) {
        if (!holds) {
            System.err.println(what);
            System.exit(1);
        }
    }

    static void verified(String oid, ASN1OctetString cert, byte[] text, byte[] value, String what) throws Exception {
        Signature s = Signature.getInstance(oid, BC);
        s.initVerify(certificate(cert));
        s.update(text);
        must(s.verify(value), what + ": its signature does not hold");
    }

    public static void main(String[] args) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(args[0])), document = Files.readAllBytes(Path.of(args[1]));
        SESVersionHolder holder = VersionParser.parseSES_SignatureVersion(bytes);
        must(holder.getVersion() == SESVersion.v4, "version " + holder.getVersion());
        SES_Signature signature = holder.getInstanceV4();
        must(Arrays.equals(signature.getEncoded("DER"), bytes), "written again it differs");
        TBS_Sign tbs = signature.getToSign();
        SESeal seal = tbs.getEseal();
        SM3Digest md = new SM3Digest();
        byte[] digest = new byte[32];
        md.update(document, 0, document.length);
        md.doFinal(digest, 0);
        must(Arrays.equals(digest, tbs.getDataHash().getOctets()), "another document");
        verified(signature.getSignatureAlgID().getId(), signature.getCert(), tbs.getEncoded("DER"),
                 signature.getSignature().getOctets(), "the document");
        verified(seal.getSignAlgID().getId(), seal.getCert(), seal.geteSealInfo().getEncoded("DER"),
                 seal.getSignedValue().getOctets(), "the seal");
        System.out.println(seal.geteSealInfo().getEsID().getString() + " " + seal.geteSealInfo().getProperty().getName().getString());
    }
}
