package harness;

import org.junit.runner.Result;
import org.junit.runner.notification.RunListener;

/** Says at the end what `mvn -q` keeps to itself. */
public final class Summary extends RunListener {
    @Override
    public void testRunFinished(Result result) {
        System.out.println("Tests run: " + result.getRunCount() + ", Failures: " + result.getFailureCount()
            + ", Errors: 0, Skipped: " + result.getIgnoreCount() + " -- restarts lived through: " + Build.restartsInAll);
    }
}
