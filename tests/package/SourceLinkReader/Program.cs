using System.Reflection.Metadata;
using System.Text;

// SourceLinkReader PDB...   Of each portable pdb: its SourceLink map, then the documents that it names, a line each.
var sourceLink = new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A");
var embeddedSource = new Guid("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

foreach (string path in args)
{
    using MetadataReaderProvider provider = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(path));
    MetadataReader reader = provider.GetMetadataReader();
    foreach (CustomDebugInformation information in reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation))
    {
        if (reader.GetGuid(information.Kind) == sourceLink)
        {
            string map = Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value));
            Console.WriteLine($"map {map.ReplaceLineEndings(" ")}");
        }
    }

    foreach (DocumentHandle handle in reader.Documents)
    {
        bool embedded = reader.GetCustomDebugInformation(handle)
            .Any(found => reader.GetGuid(reader.GetCustomDebugInformation(found).Kind) == embeddedSource);
        string name = reader.GetString(reader.GetDocument(handle).Name);
        Console.WriteLine($"{(embedded ? "embedded" : "document")} {name}");
    }
}
