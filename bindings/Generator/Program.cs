using PmemStream.Bindings.Generator;
using PmemStream.Bindings.Generator.Options;

try
{
    if (args.Length == 0 || args is ["-?" or "-h" or "--help"])
    {
        Console.Out.WriteLine("usage: PmemStream.Bindings.Generator @FILE.rsp   (run in the folder of the file)");
        return args.Length == 0 ? 2 : 0;
    }

    GeneratorOptions options = OptionsReader.Read(args);
    BindingGenerator.Run(options);
    return 0;
}
catch (GeneratorException exception)
{
    Console.Error.WriteLine("error: " + exception.Message);
    return 1;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine("error: " + exception.Message);
    return 1;
}
