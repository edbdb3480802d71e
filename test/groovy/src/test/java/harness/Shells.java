package harness;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Ways in which an agent runs a command. */
final class Shells {
    /** The status of a command whose agent went away. */
    static final int LOST = Integer.MIN_VALUE;

    private Shells() {}

    /** A real child, with the script's own interpreter line, in an environment of the given variables and nothing else. */
    static final Jenkins.Shell REAL = (agent, folder, variables, script, line) -> {
        Path file = Files.createTempFile(agent.home(), "script", ".sh");
        Files.writeString(file, script);
        String first = script.lines().findFirst().orElse("");
        ProcessBuilder builder = first.startsWith("#!")
            ? new ProcessBuilder(concat(first.substring(2).trim().split(" "), file.toString()))
            : new ProcessBuilder("/bin/sh", "-xe", file.toString());
        Map<String, String> environment = new HashMap<>(variables);
        environment.put("HOME", agent.home().toString());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.directory(folder.toFile()).redirectErrorStream(true);
        return follow(builder, line);
    };

    /** Loses the agent at its n-th command (from 1), before the command does anything; real otherwise. */
    static Jenkins.Shell losingAgentAt(int n) {
        int[] count = {0};
        return (agent, folder, variables, script, line) -> {
            count[0] += 1;
            return count[0] == n ? LOST : REAL.run(agent, folder, variables, script, line);
        };
    }

    static int follow(ProcessBuilder builder, java.util.function.Consumer<String> line) throws IOException, InterruptedException {
        Process process = builder.start();
        process.getOutputStream().close();
        try (BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String text = output.readLine(); text != null; text = output.readLine()) line.accept(text);
        }
        return process.waitFor();
    }

    private static String[] concat(String[] command, String last) {
        String[] all = java.util.Arrays.copyOf(command, command.length + 1);
        all[command.length] = last;
        return all;
    }
}
