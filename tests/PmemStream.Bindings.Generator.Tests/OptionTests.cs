using PmemStream.Bindings.Generator.Tests.Support;

namespace PmemStream.Bindings.Generator.Tests;

/// <summary>Options that cannot be followed end the run; none is passed over.</summary>
public sealed class OptionTests
{
    private const string Header = "void f(void);\n";

    [Theory]
    [InlineData("--no-such-option")]
    [InlineData("--no-such-option=1")]
    [InlineData("-Z")]
    [InlineData("stray value")]
    public void Read_UnknownOption_IsRefused(string option)
    {
        using var workplace = Workplace.With(Header, "--method-class-name", "Calls", option);
        workplace.Refuse("unknown", option);
    }

    [Theory]
    [InlineData("--with-packing", "s=1")]
    [InlineData("--with-callconv", "f=StdCall")]
    [InlineData("-wa", "f=Attribute")]
    [InlineData("--test-output", "tests")]
    public void Read_OptionOfClangSharpThatIsNotImplemented_IsRefused(string option, string value)
    {
        using var workplace = Workplace.With(Header, option, value);
        workplace.Refuse("not supported", "--");
    }

    [Theory]
    [InlineData("--config", "no-such-value")]
    [InlineData("--config", "codegen=compatible")]
    [InlineData("--config", "file=multi")]
    [InlineData("--config", "types=other")]
    [InlineData("--config", "generate-no-such-value")]
    [InlineData("--generate", "no-such-value")]
    [InlineData("--generate", "macro-bindings=perhaps")]
    [InlineData("--generate", "helper-types")]
    [InlineData("--generate", "generated-code=everywhere")]
    [InlineData("--generate", "native-inheritance-attribute")]
    public void Read_UnknownSetting_IsRefused(string option, string value)
    {
        using var workplace = Workplace.With(Header, option, value);
        workplace.Refuse("unknown or unsupported", option, value);
    }

    [Theory]
    [InlineData("--language", "c++", "c++")]
    [InlineData("--with-access-specifier", "f=Secret", "Secret")]
    [InlineData("--with-access-specifier", "f", "NAME=VALUE")]
    [InlineData("--remap", "f=", "NAME=VALUE")]
    [InlineData("--header-file", "missing.txt", "missing.txt")]
    [InlineData("--file", "missing.h", "missing.h")]
    public void Read_BadValue_IsRefused(string option, string value, string word)
    {
        using var workplace = Workplace.With(Header, option, value);
        workplace.Refuse(word);
    }

    [Theory]
    [InlineData("--namespace")]
    [InlineData("--exclude")]
    public void Read_OptionWithoutValue_IsRefused(string option)
    {
        using var workplace = Workplace.With(Header, option);
        workplace.Refuse(option, "needs a value");
    }

    [Theory]
    [InlineData("--file", "no header", "--namespace\nN\n--output\nout.g.cs\n--language\nc\n")]
    [InlineData("--namespace", "no namespace", "--file\ntest.h\n--output\nout.g.cs\n--language\nc\n")]
    [InlineData("--output", "no output", "--file\ntest.h\n--namespace\nN\n--language\nc\n")]
    [InlineData("--language", "'--language c'", "--file\ntest.h\n--namespace\nN\n--output\nout.g.cs\n")]
    public void Read_MissingOption_IsRefused(string option, string message, string options)
    {
        using var workplace = Workplace.With(Header);
        workplace.Write("test.rsp", options);

        workplace.Refuse(option, message);
    }

    [Fact]
    public void Read_MissingResponseFile_IsRefused()
    {
        using var workplace = Workplace.With(Header);
        workplace.Run("@missing.rsp").Failed("missing.rsp");
    }

    [Fact]
    public void Read_ResponseFileThatNamesItself_IsRefused()
    {
        using var workplace = Workplace.With(Header);
        workplace.Write("test.rsp", "@test.rsp\n");

        workplace.Refuse("test.rsp");
    }

    [Fact]
    public void Read_ResponseFileInAnother_IsReadInItsPlace()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With(Header, "@more.rsp");
        workplace.Write("more.rsp", "# A comment.\n\n  --method-class-name  \n  Renamed  \n");

        Assert.Contains("class Renamed", workplace.Generate(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithoutArguments_ShowsTheUsage()
    {
        using var workplace = Workplace.With(Header);

        GeneratorResult result = workplace.Run();

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("usage: ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Help_ShowsTheUsage()
    {
        using var workplace = Workplace.With(Header);

        GeneratorResult result = workplace.Run("--help");

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("usage: ", result.Output, StringComparison.Ordinal);
    }
}
