package harness;

import com.cloudbees.groovy.cps.Continuable;
import com.cloudbees.groovy.cps.Outcome;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** One line of execution: the main program, or the body of a block step. */
final class Flow implements Serializable {
    private static final long serialVersionUID = 1L;

    final int id;
    final Context context;
    /** The block whose body this is; null for the main program. */
    final Block parent;
    /** Which of the parent's bodies. */
    final int index;
    Continuable program;
    /** What the program gets when it goes on; null while it waits. */
    Outcome next;
    /** The step it asked for and that has not been answered. */
    StepCall pending;

    Flow(int id, Continuable program, Context context, Block parent, int index) {
        this.id = id;
        this.program = program;
        this.context = context;
        this.parent = parent;
        this.index = index;
        this.next = new Outcome(null, null);
    }

    /** A block step under way: the flow that called it waits until all its bodies have ended. */
    static final class Block implements Serializable {
        private static final long serialVersionUID = 1L;

        final Flow caller;
        final StepCall call;
        final List<String> branches = new ArrayList<>();
        final List<Outcome> outcomes = new ArrayList<>();
        int open;
        int attempt = 1;

        Block(Flow caller, StepCall call) {
            this.caller = caller;
            this.call = call;
        }
    }
}
