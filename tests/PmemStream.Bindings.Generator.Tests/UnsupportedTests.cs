using PmemStream.Bindings.Generator.Tests.Support;

namespace PmemStream.Bindings.Generator.Tests;

/// <summary>
/// What has no certain output is refused with its place and its kind: nothing is left out in silence, nothing guessed.
/// </summary>
public sealed class UnsupportedTests
{
    [Theory]
    [InlineData("struct s { int a : 3; };", "bit-field", "'a'")]
    [InlineData("struct s { int a; struct { unsigned b : 1; }; };", "bit-field", "'b'")]
    [InlineData("struct s { char c; int i __attribute__((packed)); };", "packing", "'i'")]
    [InlineData("struct s { struct { int a; } *p; };", "without a name", "pointed to")]
    [InlineData("enum __attribute__((packed)) e { A };", "packed enum")]
    [InlineData("typedef int v __attribute__((vector_size(16))); struct s { v a; };", "vector_size")]
    [InlineData("struct s { long double a; };", "long double")]
    [InlineData("struct s { _Complex double a; };", "_Complex")]
    [InlineData("struct s { __int128 a; };", "__int128")]
    public void Generate_TypeWithoutOutput_IsRefused(string line, params string[] words) => Refuses(line, words);

    [Theory]
    [InlineData("int f(const char *format, ...);", "variadic", "'f'")]
    [InlineData("int f();", "prototype", "'f'")]
    [InlineData("int f(int (*g)());", "prototype")]
    [InlineData("int f(int (*g)(const char *, ...));", "variadic")]
    [InlineData("int f(struct never { int a; } *p);", "struct never")]
    [InlineData("int f(struct never *p);", "struct never")]
    [InlineData("int f(void (*g)(int values[4]));", "array", "function pointer")]
    [InlineData("int f(long double a);", "long double")]
    [InlineData("int f(int a) __attribute__((ms_abi));", "ms_abi")]
    public void Generate_FunctionWithoutOutput_IsRefused(string line, params string[] words) => Refuses(line, words);

    [Theory]
    [InlineData("#define M(a) (a)", "function-like macro", "'M'")]
    [InlineData("#define M (1 < 2)", "'<'", "'M'")]
    [InlineData("#define M (1 ? 2 : 3)", "ConditionalOperator", "'M'")]
    [InlineData("#define M (!1)", "'!'", "'M'")]
    [InlineData("#define M ((_Bool)1)", "CStyleCastExpr", "'M'")]
    [InlineData("#define M L\"wide\"", "wide", "'M'")]
    [InlineData("#define M _Alignof(int)", "alignof", "'M'")]
    [InlineData("#define M 1.0L", "long double")]
    [InlineData("int f(int a);\n#define M f(1)", "CallExpr", "'M'")]
    [InlineData("#define M ((void (*)())0)", "prototype")]
    [InlineData("int f(int a);\n#define M f", "'M'")]
    [InlineData("struct p { int x; };\n#define M ((struct p){ 1 })", "'M'")]
    [InlineData("enum e { A = 1 == 1 };", "'=='", "'A'")]
    public void Generate_ValueWithoutOutput_IsRefused(string line, params string[] words) => Refuses(line, words);

    [Theory]
    [InlineData("static const int v[2] = { 1, 2 };", "'v'")]
    [InlineData("struct p { int x; };\nstatic const struct p v = { 1 };", "'v'")]
    [InlineData("static const int v = 1 > 2;", "'>'", "'v'")]
    public void Generate_VariableWithoutOutput_IsRefused(string line, params string[] words) => Refuses(line, words);

    [Fact]
    public void Generate_FunctionWithBodyThatIsWanted_IsRefused()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With(
            "static inline int f(int a) { return a; }\n", "--generate", "funcs-with-body=true");

        workplace.Refuse("test.h:1:", "body", "'f'", "funcs-with-body=false");
    }

    [Fact]
    public void Generate_UnsupportedButExcluded_IsLeftOut()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With(
            "int f(const char *format, ...);\nint g();\nstruct s { int a : 3; };\n#define M(a) (a)\nvoid h(void);\n",
            "--exclude", "f", "g", "s", "M");

        string text = workplace.Generate();

        Assert.Contains("void h()", text, StringComparison.Ordinal);
        Assert.DoesNotContain("struct", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_UnsupportedInAnotherHeader_IsNoneOfItsBusiness()
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("#include <stdio.h>\n#include \"other.h\"\nvoid h(void);\n");
        workplace.Write(
            "other.h", "int f(const char *format, ...);\nint g();\nstruct s { int a : 3; };\n#define M(a) (a)\n");

        Assert.Contains("void h()", workplace.Generate(), StringComparison.Ordinal);
    }

    // The place is that of the line, also for what a header includes before it.
    private static void Refuses(string line, string[] words)
    {
        Clang.SkipWhereMissing();
        using var workplace = Workplace.With("#include <stdint.h>\n\n" + line + "\n");

        int last = 3 + line.Count(c => c == '\n');
        workplace.Refuse(["test.h:" + last + ":", "not supported", .. words]);
    }
}
