package harness;

import java.io.Serializable;
import java.util.Map;

/** What `string(…)`, `agent()` or `sarif(…)` answer in a pipeline: a description of a thing, not the thing. */
final class Symbol implements Serializable {
    private static final long serialVersionUID = 1L;

    final String name;
    final Map<String, Object> arguments;

    Symbol(StepCall call) {
        this.name = call.name;
        this.arguments = call.named;
    }

    String text(String key) {
        Object value = arguments.get(key);
        return value == null ? null : value.toString();
    }

    @Override
    public String toString() {
        return name + arguments;
    }
}
