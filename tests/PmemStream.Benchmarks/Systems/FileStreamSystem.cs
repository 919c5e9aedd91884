namespace PmemStream.Benchmarks.Systems;

/// <summary>
/// A FileStream without a buffer of its own, and Flush(true), which is fsync. It goes over a file that was written before, so
/// that neither its size nor its blocks change.
/// </summary>
internal sealed class FileStreamSystem(Workplace workplace) : IMeasuredSystem
{
    private FileStream? _file;
    private string _path = "";

    public Measurement Measure(BenchmarkCase measured, TimeSpan minimum)
    {
        if (measured.Scenario is not (ScenarioNames.Append or ScenarioNames.Batch))
        {
            throw new BenchmarkException($"A FileStream has no scenario '{measured.Scenario}'.");
        }

        FileStream file = Open(measured);
        int bytes = Workplace.Extent(measured.PayloadBytes);
        byte[] entry = new byte[bytes];
        Workplace.Payload.Span[..measured.PayloadBytes].CopyTo(entry);
        return Measurement.Of(
            minimum,
            Workplace.Piece(measured),
            count =>
            {
                if (file.Position + ((long)count * bytes) > file.Length)
                {
                    file.Position = 0;
                }
            },
            count =>
            {
                for (int index = 0; index < count; index += measured.Batch)
                {
                    for (int item = 0; item < measured.Batch; item++)
                    {
                        file.Write(entry);
                    }

                    file.Flush(flushToDisk: true);
                }
            });
    }

    public void Reset()
    {
        _file?.Dispose();
        _file = null;
        if (_path.Length > 0)
        {
            File.Delete(_path);
            _path = "";
        }
    }

    public void Dispose() => Reset();

    private FileStream Open(BenchmarkCase measured)
    {
        string path = workplace.PathOf(measured, "filestream.bin");
        if (_file is not null && _path == path)
        {
            return _file;
        }

        Reset();
        _path = path;
        _file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        byte[] zeros = new byte[1 << 20];
        int total = measured.OnDisk ? Workplace.DiskBytes : Workplace.RegionBytes;
        for (int written = 0; written < total; written += zeros.Length)
        {
            _file.Write(zeros);
        }

        _file.Flush(flushToDisk: true);
        _file.Position = 0;
        return _file;
    }
}
