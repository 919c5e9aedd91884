namespace PmemStream.Bindings.Generator.Expressions;

/// <summary>Arithmetic of C on integers of a width.</summary>
internal static class IntegerRules
{
    /// <summary>The value modulo the width, as a signed or an unsigned number.</summary>
    public static Int128 Wrap(Int128 value, int bits, bool isUnsigned)
    {
        Int128 modulus = Int128.One << bits;
        Int128 wrapped = value & (modulus - 1);
        return !isUnsigned && wrapped >= modulus >> 1 ? wrapped - modulus : wrapped;
    }
}
