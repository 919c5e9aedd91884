using System.CommandLine;
using PmemStream.Cli.Errors;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream completion bash</c></summary>
internal sealed class CompletionCommand : ToolCommand
{
    // The tool answers "[suggest:POSITION]" with a completion a line, of which the short forms of --help are left out.
    // printf %q quotes names with spaces. Where we have nothing to say, bash completes file names.
    private const string Bash = """
        _pmemstream() {
            local line word=${COMP_WORDS[COMP_CWORD]}
            COMPREPLY=()
            while IFS= read -r line; do
                case $line in -[?h] | /[?h]) continue ;; esac
                line=$(printf %q "$line")
                [[ $line != "$word"* ]] || COMPREPLY+=("$line")
            done < <("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
        }
        complete -o default -F _pmemstream pmemstream
        """;

    private readonly Argument<string> _shell = new("SHELL") { Description = "The shell." };

    public CompletionCommand(ToolIo io)
        : base(io, "completion", "Prints what a shell needs to complete commands, options and names of regions.")
    {
        Examples =
        [
            "pmemstream completion bash >> ~/.bashrc",
            "eval \"$(pmemstream completion bash)\"",
        ];
        _shell.AcceptOnlyFromAmong("bash");
        Arguments.Add(_shell);
        SetAction(_ =>
        {
            Io.Text.WriteLine(Bash);
            return ExitCode.Ok;
        });
    }
}
