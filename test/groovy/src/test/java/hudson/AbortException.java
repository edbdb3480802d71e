package hudson;

import java.io.IOException;

/** Stands in for Jenkins' own, by its real name: an error whose message is all there is to say. */
public class AbortException extends IOException {
    private static final long serialVersionUID = 1L;

    public AbortException(String message) {
        super(message);
    }
}
