ALTER TABLE hosts ADD COLUMN
    next_at /* no request of any process of the desk before this time: the pace, in microseconds */ TEXT;
