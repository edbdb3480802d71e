package harness;

import groovy.lang.Closure;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One call of a Jenkins step by a program: what it suspended with. */
final class StepCall implements Serializable {
    private static final long serialVersionUID = 1L;

    final String name;
    final LinkedHashMap<String, Object> named = new LinkedHashMap<>();
    final ArrayList<Object> positional = new ArrayList<>();
    /** The block of a block step. */
    final Closure<?> body;

    StepCall(String name, Object[] arguments) {
        this.name = name;
        Closure<?> last = null;
        for (int i = 0; i < arguments.length; i++) {
            Object argument = arguments[i];
            if (argument instanceof Closure<?> closure && i == arguments.length - 1) {
                last = closure;
            } else if (argument instanceof Map<?, ?> map && i == 0) {
                map.forEach((key, value) -> named.put(String.valueOf(key), value));
            } else {
                positional.add(argument);
            }
        }
        this.body = last;
    }

    /** An argument by its name, or the only one given by place. */
    Object argument(String key) {
        if (named.containsKey(key)) return named.get(key);
        return positional.isEmpty() ? null : positional.get(0);
    }

    String text(String key) {
        Object value = argument(key);
        return value == null ? null : value.toString();
    }

    boolean flag(String key) {
        return Boolean.TRUE.equals(named.get(key));
    }

    List<?> list(String key) {
        Object value = argument(key);
        return value instanceof List<?> list ? list : List.of();
    }

    @Override
    public String toString() {
        return name + named + positional;
    }
}
