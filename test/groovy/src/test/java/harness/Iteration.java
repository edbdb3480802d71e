package harness;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What workflow-cps calls IteratorHack: `for (x in list)` across a step needs iterators that can be serialised. */
public final class Iteration {
    private Iteration() {}

    public static <T> Iterator<T> iterator(List<T> list) {
        return new Steps<>(new ArrayList<>(list));
    }

    public static <T> Iterator<T> iterator(Set<T> set) {
        return new Steps<>(new ArrayList<>(set));
    }

    public static <K, V> Iterator<Map.Entry<K, V>> iterator(Map<K, V> map) {
        return iterator(entrySet(map));
    }

    public static <K, V> Set<Map.Entry<K, V>> entrySet(Map<K, V> map) {
        java.util.LinkedHashSet<Map.Entry<K, V>> entries = new java.util.LinkedHashSet<>();
        new LinkedHashMap<>(map).forEach((key, value) -> entries.add(new java.util.AbstractMap.SimpleImmutableEntry<>(key, value)));
        return entries;
    }

    public static <T> Collection<T> values(Map<?, T> map) {
        return new ArrayList<>(map.values());
    }

    private static final class Steps<T> implements Iterator<T>, Serializable {
        private static final long serialVersionUID = 1L;
        private final ArrayList<T> items;
        private int next;

        Steps(ArrayList<T> items) {
            this.items = items;
        }

        @Override
        public boolean hasNext() {
            return next < items.size();
        }

        @Override
        public T next() {
            return items.get(next++);
        }
    }
}
