using Microsoft.Data.Sqlite;

namespace PmemStream.Benchmarks.Systems;

/// <summary>SQLite, journal_mode=WAL and synchronous=FULL: a row for each entry, a transaction for each batch.</summary>
internal sealed class SqliteSystem(Workplace workplace) : IMeasuredSystem
{
    private const long KeptBytes = 64 << 20;
    private const int IteratedEntries = 100_000;

    private readonly SemaphoreSlim _turn = new(1);
    private SqliteConnection? _connection;
    private SqliteCommand? _insert;
    private string _folder = "";
    private long _bytes;
    private bool _isFilled;

    public Measurement Measure(BenchmarkCase measured, TimeSpan minimum)
    {
        Open(workplace.PathOf(measured, "sqlite"));
        SetPayload(measured.PayloadBytes);
        return measured.Scenario switch
        {
            ScenarioNames.Append or ScenarioNames.Batch => Measurement.Of(
                minimum, measured.Batch, count => Trim((long)count * measured.PayloadBytes), Insert),
            ScenarioNames.Callers => InsertByCallers(measured, minimum),
            ScenarioNames.Iterate => Iterate(minimum),
            _ => throw new BenchmarkException($"SQLite has no scenario '{measured.Scenario}' here."),
        };
    }

    public void Reset()
    {
        _insert?.Dispose();
        _connection?.Dispose();
        _insert = null;
        _connection = null;
        _isFilled = false;
        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, recursive: true);
            _folder = "";
        }
    }

    public void Dispose()
    {
        Reset();
        _turn.Dispose();
    }

    private void Open(string folder)
    {
        if (_connection is not null && _folder == folder)
        {
            return;
        }

        Reset();
        Directory.CreateDirectory(folder);
        _folder = folder;
        _bytes = 0;
        _connection = new SqliteConnection($"Data Source={Path.Combine(folder, "log.db")};Pooling=False");
        _connection.Open();
        Expect("PRAGMA journal_mode=WAL", "wal");
        Execute("PRAGMA synchronous=FULL");
        Expect("PRAGMA synchronous", "2");
        Execute("CREATE TABLE log (id INTEGER PRIMARY KEY, data BLOB NOT NULL)");
        _insert = _connection.CreateCommand();
        _insert.CommandText = "INSERT INTO log (data) VALUES ($data)";
        _insert.Parameters.Add("$data", SqliteType.Blob);
        _insert.Parameters[0].Value = Array.Empty<byte>();
        _insert.Prepare();
    }

    private void SetPayload(int bytes)
    {
        if (_insert!.Parameters[0].Value is not byte[] payload || payload.Length != bytes)
        {
            _insert.Parameters[0].Value = Workplace.Payload[..bytes].ToArray();
        }
    }

    // A transaction for each entry, one at a time: it has no group commit, and one writer.
    private Measurement InsertByCallers(BenchmarkCase measured, TimeSpan minimum) => Callers.Measure(
        measured.Threads,
        minimum,
        count => Trim((long)count * measured.PayloadBytes),
        async () =>
        {
            await _turn.WaitAsync().ConfigureAwait(false);
            try
            {
                Insert(1);
            }
            finally
            {
                _turn.Release();
            }
        });

    private void Insert(int count)
    {
        if (count == 1)
        {
            _insert!.Transaction = null;
            _insert.ExecuteNonQuery();
            return;
        }

        using SqliteTransaction transaction = _connection!.BeginTransaction();
        _insert!.Transaction = transaction;
        for (int index = 0; index < count; index++)
        {
            _insert.ExecuteNonQuery();
        }

        transaction.Commit();
        _insert.Transaction = null;
    }

    // Old rows are deleted, so that the file does not grow with each round.
    private void Trim(long added)
    {
        _bytes += added;
        if (_bytes > KeptBytes)
        {
            Execute("DELETE FROM log");
            _bytes = 0;
        }
    }

    private Measurement Iterate(TimeSpan minimum)
    {
        if (!_isFilled)
        {
            Insert(IteratedEntries);
            _isFilled = true;
        }

        using SqliteCommand select = _connection!.CreateCommand();
        select.CommandText = "SELECT data FROM log ORDER BY id";
        return Measurement.Of(minimum, IteratedEntries, prepare: null, expected =>
        {
            using SqliteDataReader reader = select.ExecuteReader();
            int seen = 0;
            int sum = 0;
            while (reader.Read())
            {
                sum += reader.GetFieldValue<byte[]>(0)[0];
                seen++;
            }

            if (seen != expected || sum < 0)
            {
                throw new BenchmarkException($"SQLite read {seen} of {expected} rows.");
            }
        });
    }

    private void Execute(string sql)
    {
        using SqliteCommand command = _connection!.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private void Expect(string sql, string expected)
    {
        using SqliteCommand command = _connection!.CreateCommand();
        command.CommandText = sql;
        string? found = command.ExecuteScalar()?.ToString();
        if (found != expected)
        {
            throw new BenchmarkException($"SQLite answered '{found}' to {sql}; '{expected}' was expected.");
        }
    }
}
