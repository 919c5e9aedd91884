using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using PmemStream.Cli.Errors;
using PmemStream.Cli.Input;
using PmemStream.Cli.Output;
using PmemStream.Interop;

namespace PmemStream.Cli.Commands;

/// <summary><c>pmemstream region create PATH NAME --size SIZE</c></summary>
internal sealed class RegionCreateCommand : ToolCommand
{
    private const int AlignmentMin = 8;
    private const int AlignmentMax = 4096;

    private readonly Argument<string> _path = PathArgument();
    private readonly Argument<string> _name = new("NAME")
    {
        Description = "The name of the region: up to 63 bytes of UTF-8.",
        CustomParser = parsed => NotEmpty(parsed, "NAME"),
    };

    private readonly Option<long> _size = SizeOption(
        "--size", "Room for entries: each takes 24 bytes besides its data. Rounded up to whole blocks.");

    private readonly Option<int> _alignment = new("--alignment")
    {
        Description = "Entries begin at multiples of it: a power of two from 8 (packed) to 4096. Default: 64, which is "
            + "fastest for small entries.",
        HelpName = "BYTES",
        CustomParser = ParseAlignment,
    };

    public RegionCreateCommand(ToolIo io)
        : base(io, "create", "Creates an empty region in a stream.")
    {
        Examples =
        [
            "pmemstream region create orders.pms orders --size 64MiB",
            "pmemstream region create orders.pms small --size 64MiB --alignment 8",
        ];
        _size.Required = true;
        Arguments.Add(_path);
        Arguments.Add(_name);
        Options.Add(_size);
        Options.Add(_alignment);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        string name = parsed.GetValue(_name)!;
        using PersistentStream stream = PersistentStream.Open(parsed.GetValue(_path)!);
        StreamRegion region = UserValues.Check(
            () => stream.CreateRegion(name, parsed.GetValue(_size), parsed.GetValue(_alignment)));
        Io.Text.WriteLine(
            $"created region '{EscapedText.Of(name)}': {ByteSize.Format(region.Info.UsableBytes)} for entries");
        return ExitCode.Ok;
    }

    private static int ParseAlignment(ArgumentResult parsed)
    {
        string text = parsed.Tokens[^1].Value;
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int alignment)
            || alignment is < AlignmentMin or > AlignmentMax || !BitOperations.IsPow2(alignment))
        {
            parsed.AddError(
                $"--alignment '{text}': expected a power of two from {AlignmentMin} to {AlignmentMax}.");
        }

        return alignment;
    }
}
