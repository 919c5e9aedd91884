using PmemStream.Bindings.Generator.Tests.Support;

namespace PmemStream.Bindings.Generator.Tests;

/// <summary>Runs as such: what they need, what they leave, and that they do not differ.</summary>
public sealed class RunTests
{
    [Fact]
    public void Run_WithoutClang_SaysWhatToInstall()
    {
        using var workplace = Workplace.With("void f(void);\n");

        workplace.RunWithPath("/nonexistent", "@test.rsp").Failed("clang", "install", "clang-14");

        Assert.False(File.Exists(workplace[Workplace.Output]));
    }

    [Fact]
    public void Run_HeaderThatDoesNotCompile_ShowsTheFirstErrorOfClang()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("void f(void);\nvoid g(missing m);\nvoid h(also_missing m);\n");

        workplace.Refuse("test.h", "does not compile", "test.h:2:", "'missing'");
    }

    [Theory]
    [InlineData("static inline int f(void) { return undeclared(); }", "undeclared")]
    [InlineData("static x = 1;", "type specifier missing")]
    public void Run_HeaderThatOnlyOlderCompilersTake_DoesNotCompile(string line, string word)
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With(line + "\n");

        workplace.Refuse("does not compile", "test.h:1:", word);
    }

    [Fact]
    public void Run_MissingInclude_ShowsTheFirstErrorOfClang()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("#include \"missing.h\"\n");

        workplace.Refuse("test.h:1:", "missing.h");
    }

    [Fact]
    public void Run_Failure_LeavesAnOlderOutputAlone()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("void f(int a, ...);\n");
        workplace.Write(Workplace.Output, "older");

        workplace.Run("@test.rsp").Failed("variadic");

        Assert.Equal("older", File.ReadAllText(workplace[Workplace.Output]));
    }

    [Fact]
    public void Run_OutputInAFolderThatDoesNotExist_MakesIt()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("void f(void);\n", "--output", "sub/folder/out.g.cs");

        workplace.Run("@test.rsp").Ok();

        Assert.True(File.Exists(workplace["sub/folder/out.g.cs"]));
    }

    [Fact]
    public void Run_OutputThatIsAFolder_IsRefused()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("void f(void);\n", "--output", "folder");
        Directory.CreateDirectory(workplace["folder"]);

        workplace.Run("@test.rsp").Failed("folder");
    }

    [Fact]
    public void Run_Twice_WritesTheSame()
    {
        Clang.SkipWhereMissing();
        using var first = Workplace.CopyOf(Paths.Cases);
        using var second = Workplace.CopyOf(Paths.Cases);

        first.Run("@records.rsp").Ok();
        second.Run("@records.rsp").Ok();

        Assert.Equal(File.ReadAllBytes(first["records.g.cs"]), File.ReadAllBytes(second["records.g.cs"]));
    }

    [Fact]
    public void Run_Output_HasNeitherByteOrderMarkNorCarriageReturns()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("#define TEXT \"\u00e9\"\r\nvoid f(void);\r\n");

        workplace.Run("@test.rsp").Ok();

        byte[] bytes = File.ReadAllBytes(workplace[Workplace.Output]);
        Assert.Equal((byte)'u', bytes[0]);
        Assert.DoesNotContain((byte)'\r', bytes);
        Assert.Equal("}\n"u8, bytes.AsSpan()[^2..]);
    }

    [Fact]
    public void Run_TwoHeaders_GoIntoOneFile()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("struct a { int x; };\nvoid f(struct a *a);\n", "--file", "second.h");
        workplace.Write("second.h", "#include \"test.h\"\n#define TWO 2\nvoid g(struct a *a);\n");

        string text = workplace.Generate();

        Assert.Single(text.Split("partial struct a").Skip(1));
        Assert.Contains(" f(", text, StringComparison.Ordinal);
        Assert.Contains(" g(", text, StringComparison.Ordinal);
        Assert.Contains("TWO = 2;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_HeaderWithManyNestedOperators_IsRead()
    {
        Clang.SkipWhereMissing();
        string sum = string.Join(" + ", Enumerable.Repeat("1", 300));
        using var workplace = Workplace.With($"#define SUM {sum}\n");

        Assert.Contains($"SUM = {sum};", workplace.Generate(), StringComparison.Ordinal);
    }
}
